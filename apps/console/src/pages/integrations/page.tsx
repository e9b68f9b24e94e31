import type { Provider } from "@mara/connectors";
import { BILLING_PROVIDERS } from "@mara/identity";
import type { Tenant } from "@mara/store";
import { guidePath, Layout, type Viewer } from "../layout.tsx";
import { streamPath } from "../live/live.ts";
import { LiveState } from "../parts/live-state.tsx";
import type { RefusedForm } from "./change.ts";
import type { DoneThere } from "./done.ts";
import { hasNothing, Health, Problems, SpokenState } from "./health.tsx";
import type { Overview, Seen } from "./look.ts";
import { Row } from "./row.tsx";

export const LIVE_VIEW = "integrations";

export interface SettingsProps {
  readonly viewer: Viewer;
  readonly tenant: Tenant;
  readonly overview: Overview;
  /** The row to show unfolded. */
  readonly open: Provider | null;
  /** What was just done, to be confirmed in its row. */
  readonly done: DoneThere | null;
  readonly problem: RefusedForm | null;
  readonly now: number;
}

/** Settings, Integrations of a tenant. */
export function Settings({ viewer, tenant, overview, open, done, problem, now }: SettingsProps) {
  const { integrations } = overview;
  const isFresh = integrations.every(hasNothing);
  const isUnconnected = integrations.every(({ state }) => state === "not-set-up");
  // Where our URL was pasted at a provider first, what it sends is turned away: its row is the one that waits for a secret.
  const first = isUnconnected ? (integrations.find(({ problem }) => problem !== null) ?? integrations[0])?.provider : undefined;
  const row = (seen: Seen) => (
    <Row
      key={seen.provider}
      viewer={viewer}
      tenant={tenant}
      seen={seen}
      overview={overview}
      isOpen={seen.provider === (open ?? first)}
      done={seen.provider === done?.provider ? done.said : null}
      problem={problem?.provider === seen.provider ? problem : null}
      now={now}
    />
  );
  const isBilling = ({ provider }: Seen) => BILLING_PROVIDERS.some((billing) => billing === provider);
  return (
    <Layout
      viewer={viewer}
      title={problem === null ? "Integrations" : "Not saved · Integrations"}
      tenant={tenant}
      section="integrations"
      stream={streamPath(tenant.id, LIVE_VIEW, new URLSearchParams())}
    >
      <div class="head">
        <div>
          <h1>Integrations</h1>
          {isUnconnected ? (
            <p>
              Nothing is connected. Begin with a provider that you use: paste our URL there and its signing secret here, and within a
              minute events flow.
            </p>
          ) : (
            <p>Two values for each provider: our URL is pasted there, its signing secret here.</p>
          )}
        </div>
      </div>
      {!isFresh && <HealthStrip integrations={integrations} now={now} />}
      <section class="stack" aria-labelledby="billing-title">
        <h2 id="billing-title">Billing</h2>
        {integrations.filter(isBilling).map(row)}
      </section>
      <section class="stack" aria-labelledby="people-title">
        <h2 id="people-title">People</h2>
        {integrations.filter((seen) => !isBilling(seen)).map(row)}
      </section>
      <p class="soft small">
        The token that opens this tenant's API and pages can be <a href={`/tenants/${tenant.id}/token`}>replaced</a>. How all this works
        stands in the <a href={guidePath(viewer, tenant)}>guide</a>.
      </p>
    </Layout>
  );
}

function HealthStrip({ integrations, now }: { integrations: readonly Seen[]; now: number }) {
  return (
    <section class="stack" aria-labelledby="health-title">
      <div class="between">
        <h2 id="health-title">Health</h2>
        <LiveState />
      </div>
      <div class="strip">
        {integrations.map((seen) => (
          <article class="card health" key={seen.provider} aria-labelledby={`health-${seen.provider}`}>
            <div class="between">
              <h3 id={`health-${seen.provider}`}>{seen.label}</h3>
              <span data-live={`state-${seen.provider}`}>
                <SpokenState seen={seen} />
              </span>
            </div>
            <div class="stack" data-live={`health-${seen.provider}`}>
              <Health seen={seen} now={now} />
            </div>
          </article>
        ))}
      </div>
      <div class="stack" data-live="problems">
        <Problems integrations={integrations} now={now} />
      </div>
    </section>
  );
}
