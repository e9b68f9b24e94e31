import type { Tenant } from "@mara/store";
import { signupEventsOf } from "../../integrations.ts";
import type { Viewer } from "../layout.tsx";
import { Csrf } from "../parts/small.tsx";
import type { Seen } from "./look.ts";

export interface SignupEventProps {
  readonly viewer: Viewer;
  readonly tenant: Tenant;
  readonly seen: Seen;
  readonly problem: string | undefined;
}

/** Which event of the provider means that somebody signed up. */
export function SignupEvent({ viewer, tenant, seen, problem }: SignupEventProps) {
  const { provider, signupEvent, label } = seen;
  const id = `signup-${provider}`;
  return (
    <details open={provider === "clerk" || signupEvent !== null || problem !== undefined}>
      <summary>Sign-ups</summary>
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
    </details>
  );
}
