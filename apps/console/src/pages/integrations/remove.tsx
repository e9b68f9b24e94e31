import type { Provider } from "@mara/connectors";
import type { Tenant } from "@mara/store";
import { pathOf, type Viewer } from "../layout.tsx";
import { Csrf } from "../parts/small.tsx";

export interface RemoveFormProps {
  readonly viewer: Viewer;
  readonly tenant: Tenant;
  readonly provider: Provider;
  readonly label: string;
  readonly titleId: string;
  /** The rank of its heading: the first on a page of its own. */
  readonly heading: "h1" | "h2";
}

/** Asks before an integration goes: in a dialog, or, without script, on a page of its own. */
export function RemoveForm({ viewer, tenant, provider, label, titleId, heading: Heading }: RemoveFormProps) {
  return (
    <form class="stack" method="post" action={`/tenants/${tenant.id}/integrations/${provider}/remove`}>
      <Csrf viewer={viewer} />
      <Heading id={titleId}>Remove {label}?</Heading>
      <p>
        Its secrets and settings are forgotten, and deliveries of {label} are turned away from then on. Contacts and events stay. Remove our
        URL at {label} as well.
      </p>
      <div class="row">
        <button data-kind="danger">Remove {label}</button>
        {/* A dialog focuses what it holds: pressing Enter once more than was meant must not remove. */}
        <a
          class="button"
          data-kind="quiet"
          data-close
          href={`${pathOf(tenant.id, "integrations")}?open=${provider}#${provider}`}
          autofocus={Heading === "h2"}
        >
          Keep it
        </a>
      </div>
    </form>
  );
}
