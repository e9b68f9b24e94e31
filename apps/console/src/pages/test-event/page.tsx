import { connectors, type Connector, type Provider } from "@mara/connectors";
import type { Tenant } from "@mara/store";
import { rowOf } from "../integrations/look.ts";
import { Layout, type Viewer } from "../layout.tsx";
import { streamPath } from "../live/live.ts";
import { Csrf, Empty, Notice } from "../parts/small.tsx";
import type { Journey } from "./follow.ts";
import { TestEventWay, type Sent } from "./journey.tsx";

export const LIVE_VIEW = "test-event";

export interface TestEventProps {
  readonly viewer: Viewer;
  readonly tenant: Tenant;
  readonly provider: Provider;
  /** Whether there is a secret to sign with. */
  readonly configured: boolean;
  readonly sent: (Sent & { readonly journey: Journey }) | null;
  /** Why nothing could be sent. */
  readonly problem: string | null;
  /** This page's path and query. */
  readonly here: string;
}

/** Sends a test event, and follows it until its moment appears. */
export function TestEvent({ viewer, tenant, provider, configured, sent, problem, here }: TestEventProps) {
  const { label } = connectors[provider];
  const stream = sent && { stream: streamPath(tenant.id, LIVE_VIEW, new URLSearchParams(here.split("?", 2)[1])) };
  return (
    <Layout viewer={viewer} title={`Test event of ${label}`} tenant={tenant} section="integrations" {...stream}>
      <div class="medium stack">
        <p class="small">
          <a href={rowOf(tenant.id, provider)}>Integrations</a>
        </p>
        <h1>{`Test event of ${label}`}</h1>
        <p class="soft">
          A sample, signed as {label} would, goes straight to ingest and takes the way of every event. It may leave a contact with an
          address at example.com; erase it when you are done.
        </p>
        {problem !== null && <Notice tone="bad">{problem}</Notice>}
        {sent && (
          <section class="card" aria-labelledby="way-title">
            <div class="between">
              <h2 id="way-title">Its way</h2>
              <a class="small" href={here}>
                Look again
              </a>
            </div>
            <div data-live="way">
              <TestEventWay tenantId={tenant.id} sent={sent} journey={sent.journey} />
            </div>
          </section>
        )}
        {configured ? (
          <SampleForm viewer={viewer} tenant={tenant} provider={provider} chosen={sent?.chosen ?? ""} isAnother={sent !== null} />
        ) : (
          <Empty title="There is no secret to sign with">
            <a href={rowOf(tenant.id, provider)}>Paste the signing secret of {label} first</a>
          </Empty>
        )}
      </div>
    </Layout>
  );
}

interface SampleFormProps {
  readonly viewer: Viewer;
  readonly tenant: Tenant;
  readonly provider: Provider;
  readonly chosen: string;
  readonly isAnother: boolean;
}

function SampleForm({ viewer, tenant, provider, chosen, isAnother }: SampleFormProps) {
  const connector: Connector = connectors[provider];
  return (
    <form class="card" method="post" action={testPath(tenant.id, provider)}>
      <Csrf viewer={viewer} />
      <div class="field">
        <label for="type">Event</label>
        <select id="type" name="type">
          <option value="">one that shows a contact and a moment</option>
          {Object.keys(connector.samples).map((type) => (
            <option key={type} value={type} selected={type === chosen}>
              {type.replace(":", ", ").replaceAll("-", " ")}
            </option>
          ))}
        </select>
      </div>
      <button data-kind="primary">{isAnother ? "Send another" : "Send it"}</button>
    </form>
  );
}

export function testPath(tenantId: string, provider: Provider): string {
  return `/tenants/${tenantId}/integrations/${provider}/test`;
}
