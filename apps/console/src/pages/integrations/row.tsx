import type { Provider } from "@mara/connectors";
import type { Tenant } from "@mara/store";
import { isOfThisMachine } from "../../integrations.ts";
import { setUpSteps } from "../docs/steps.ts";
import type { Viewer } from "../layout.tsx";
import { Markdown } from "../parts/markdown.tsx";
import { Copy, Notice } from "../parts/small.tsx";
import type { RefusedForm } from "./change.ts";
import { StateBadge } from "./health.tsx";
import { Import, ImportBadge } from "./import.tsx";
import type { Overview, Seen } from "./look.ts";
import { RemoveForm } from "./remove.tsx";
import { ActiveSecrets, SecretForm } from "./secrets.tsx";
import { SignupEvent } from "./signup.tsx";

export interface RowProps {
  readonly viewer: Viewer;
  readonly tenant: Tenant;
  readonly seen: Seen;
  readonly overview: Overview;
  readonly isOpen: boolean;
  /** What was just done, to be confirmed. */
  readonly done: string | null;
  readonly problem: RefusedForm | null;
  readonly now: number;
}

/** One provider's settings, folded up until they are wanted. */
export function Row({ viewer, tenant, seen, overview, isOpen, done, problem, now }: RowProps) {
  const { provider, label, webhookUrl } = seen;
  const problemOf = (field: RefusedForm["field"]) => (problem?.field === field ? problem.message : undefined);
  return (
    <details class="integration" id={provider} open={isOpen}>
      <summary>
        <Monogram provider={provider} />
        <h3>{label}</h3>
        <span data-live={`badge-${provider}`}>
          <RowState seen={seen} backfill={overview.backfill} />
        </span>
      </summary>
      <div class="integration-body">
        {done !== null && <Notice tone="good">{done}</Notice>}
        <div class="columns">
          <div class="stack-wide">
            <section class="stack" aria-labelledby={`there-${provider}`}>
              <h4 id={`there-${provider}`}>At {label}</h4>
              <Copy id={`url-${provider}`} label="Webhook URL" value={webhookUrl} />
              {isOfThisMachine(webhookUrl) && (
                <p class="hint">
                  Only this machine knows this address: {label} can't reach it. Let a tunnel lead to the ingest port, and start again with
                  the tunnel's address as <code>PUBLIC_URL</code>. Test events flow without that.
                </p>
              )}
              <Markdown class="prose steps" text={setUpSteps(provider, webhookUrl)} />
            </section>
            {provider === "clerk" && (
              <Import viewer={viewer} tenant={tenant} seen={seen} overview={overview} problem={problemOf("apiKey")} now={now} />
            )}
          </div>
          <div class="stack-wide">
            <section class="stack" aria-labelledby={`here-${provider}`}>
              <h4 id={`here-${provider}`}>Here</h4>
              <SecretForm
                viewer={viewer}
                tenant={tenant}
                seen={seen}
                problem={problemOf("signingSecret")}
                overlapHours={problem?.overlapHours ?? null}
              />
              <h5>Active secrets</h5>
              <div data-live={`secrets-${provider}`}>
                <ActiveSecrets seen={seen} now={now} />
              </div>
            </section>
            {seen.configured && (
              <section class="stack" aria-labelledby={`test-${provider}`}>
                <h4 id={`test-${provider}`}>Does it flow?</h4>
                <p class="soft small">A sample goes signed to ingest, and you watch it until its moment appears. Whether your URL can be reached from outside, the provider's own test event shows.</p>
                <a class="button" href={`/tenants/${tenant.id}/integrations/${provider}/test`}>
                  Send a test event<span class="visually-hidden"> of {label}</span>
                </a>
              </section>
            )}
            <SignupEvent viewer={viewer} tenant={tenant} seen={seen} problem={problemOf("signupEvent")} />
            {isRemovable(seen) && (
              <p class="small">
                <a class="danger" href={`/tenants/${tenant.id}/integrations/${provider}/remove`} data-dialog={`remove-${provider}`}>
                  Remove this integration
                </a>
              </p>
            )}
          </div>
        </div>
        {isRemovable(seen) && (
          <dialog id={`remove-${provider}`} aria-labelledby={`remove-title-${provider}`}>
            <RemoveForm viewer={viewer} tenant={tenant} provider={provider} label={label} titleId={`remove-title-${provider}`} heading="h2" />
          </dialog>
        )}
      </div>
    </details>
  );
}

/** What stands beside the name of a row. */
export function RowState({ seen, backfill }: { seen: Seen; backfill: Overview["backfill"] }) {
  return (
    <>
      <StateBadge seen={seen} /> {seen.provider === "clerk" && <ImportBadge backfill={backfill} hasKey={seen.apiKey !== null} />}
    </>
  );
}

function isRemovable({ configured, apiKey, signupEvent }: Seen): boolean {
  return configured || apiKey !== null || signupEvent !== null;
}

function Monogram({ provider }: { provider: Provider }) {
  return (
    <span class="monogram" data-provider={provider} aria-hidden="true">
      {provider.slice(0, 1).toUpperCase()}
    </span>
  );
}
