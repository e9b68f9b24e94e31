import type { Provider } from "@mara/connectors";
import type { Tenant } from "@mara/store";
import { signupEventsOf } from "../../api/integrations.ts";
import { setUpSteps } from "../docs/steps.ts";
import type { Viewer } from "../layout.tsx";
import { Markdown } from "../parts/markdown.tsx";
import { Copy, Csrf, Notice } from "../parts/small.tsx";
import type { SettingProblem } from "./change.ts";
import { StateBadge } from "./health.tsx";
import { Import } from "./import.tsx";
import type { Overview, Seen } from "./look.ts";
import { ActiveSecrets, SecretForm } from "./secrets.tsx";

export interface RowProps {
  readonly viewer: Viewer;
  readonly tenant: Tenant;
  readonly seen: Seen;
  readonly overview: Overview;
  readonly isOpen: boolean;
  /** What was just done, to be confirmed. */
  readonly done: string | null;
  readonly problem: SettingProblem | null;
  readonly now: number;
}

/** One provider's settings, folded up until they are wanted. */
export function Row({ viewer, tenant, seen, overview, isOpen, done, problem, now }: RowProps) {
  const { provider, label, webhookUrl } = seen;
  const problemOf = (field: SettingProblem["field"]) => (problem?.field === field ? problem.message : undefined);
  return (
    <details class="integration" id={provider} open={isOpen}>
      <summary>
        <Monogram provider={provider} />
        <h3>{label}</h3>
        <span data-live={`badge-${provider}`}>
          <StateBadge seen={seen} />
        </span>
      </summary>
      <div class="integration-body">
        {done !== null && <Notice tone="good">{done}</Notice>}
        <div class="columns">
          <section class="stack" aria-labelledby={`there-${provider}`}>
            <h4 id={`there-${provider}`}>At {label}</h4>
            <Copy id={`url-${provider}`} label="Webhook URL" value={webhookUrl} />
            <Markdown class="prose steps" text={setUpSteps(provider, webhookUrl)} />
          </section>
          <div class="stack-wide">
            <section class="stack" aria-labelledby={`here-${provider}`}>
              <h4 id={`here-${provider}`}>Here</h4>
              <SecretForm viewer={viewer} tenant={tenant} seen={seen} problem={problemOf("signingSecret")} />
              <h5>Active secrets</h5>
              <div data-live={`secrets-${provider}`}>
                <ActiveSecrets seen={seen} now={now} />
              </div>
            </section>
            {seen.configured && (
              <section class="stack" aria-labelledby={`test-${provider}`}>
                <h4 id={`test-${provider}`}>Does it flow?</h4>
                <p class="soft small">A sample goes signed through the real URL, and you watch it until its moment appears.</p>
                <a class="button" href={`/tenants/${tenant.id}/integrations/${provider}/test`}>
                  Send a test event<span class="visually-hidden"> of {label}</span>
                </a>
              </section>
            )}
            {provider === "clerk" && (
              <Import viewer={viewer} tenant={tenant} seen={seen} overview={overview} problem={problemOf("apiKey")} now={now} />
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
            <RemoveForm viewer={viewer} tenant={tenant} provider={provider} label={label} titleId={`remove-title-${provider}`} />
          </dialog>
        )}
      </div>
    </details>
  );
}

function isRemovable({ configured, apiKey, signupEvent }: Seen): boolean {
  return configured || apiKey !== null || signupEvent !== null;
}

export interface RemoveFormProps {
  readonly viewer: Viewer;
  readonly tenant: Tenant;
  readonly provider: Provider;
  readonly label: string;
  readonly titleId: string;
}

/** Asks before an integration goes: in a dialog, or, without script, on a page of its own. */
export function RemoveForm({ viewer, tenant, provider, label, titleId }: RemoveFormProps) {
  return (
    <form class="stack" method="post" action={`/tenants/${tenant.id}/integrations/${provider}/remove`}>
      <Csrf viewer={viewer} />
      <h2 id={titleId}>Remove {label}?</h2>
      <p>
        Its secrets and settings are forgotten, and deliveries of {label} are turned away from then on. Contacts and events stay. Remove our
        URL at {label} as well.
      </p>
      <div class="row">
        <button data-kind="danger">Remove {label}</button>
        <a class="button" data-kind="quiet" data-close href={`/tenants/${tenant.id}/settings/integrations?open=${provider}#${provider}`}>
          Keep it
        </a>
      </div>
    </form>
  );
}

interface SignupEventProps {
  readonly viewer: Viewer;
  readonly tenant: Tenant;
  readonly seen: Seen;
  readonly problem: string | undefined;
}

/** Which event of the provider means that somebody signed up. */
function SignupEvent({ viewer, tenant, seen, problem }: SignupEventProps) {
  const { provider, signupEvent, label } = seen;
  const id = `signup-${provider}`;
  return (
    <section class="stack" aria-labelledby={`${id}-title`}>
      <h4 id={`${id}-title`}>Sign-ups</h4>
      <form class="field" method="post" action={`/tenants/${tenant.id}/integrations/${provider}/signup-event`}>
        <Csrf viewer={viewer} />
        <label for={id}>Event of {label} that means that somebody signed up</label>
        <div class="copy">
          <select id={id} name="signupEvent" {...(problem !== undefined && { "aria-invalid": "true", "aria-describedby": `${id}-problem` })}>
            <option value="">None</option>
            {signupEventsOf(provider).map((type) => (
              <option key={type} value={type} selected={type === signupEvent}>
                {type}
              </option>
            ))}
          </select>
          <button>
            Save<span class="visually-hidden"> the signup event of {label}</span>
          </button>
        </div>
        {problem !== undefined && (
          <p class="field-error" id={`${id}-problem`}>
            {problem}
          </p>
        )}
      </form>
    </section>
  );
}

function Monogram({ provider }: { provider: Provider }) {
  return (
    <span class="monogram" data-provider={provider} aria-hidden="true">
      {provider.slice(0, 1).toUpperCase()}
    </span>
  );
}
