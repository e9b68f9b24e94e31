import { connectors, type Provider } from "@mara/connectors";
import type { Tenant } from "@mara/store";
import { MOST_AT_ONCE } from "../../replay.ts";
import { Layout, pathOf, type Viewer } from "../layout.tsx";
import { count, Csrf } from "../parts/small.tsx";

export const REPLAY_DIALOG = "replay-failed";

interface ReplayFailedProps {
  readonly viewer: Viewer;
  readonly tenant: Tenant;
  /** Only this provider's. */
  readonly provider: Provider | undefined;
}

/** Asks before all that failed is replayed, on a page of its own. */
export function ReplayFailed(props: ReplayFailedProps) {
  return (
    <Layout viewer={props.viewer} title="Replay what failed" tenant={props.tenant} section="deliveries">
      <div class="narrow stack">
        <h1>{title(props)}</h1>
        <Asking {...props} />
      </div>
    </Layout>
  );
}

/** The same, where script can open it over the list. */
export function ReplayFailedDialog(props: ReplayFailedProps) {
  return (
    <dialog id={REPLAY_DIALOG} aria-labelledby="replay-title">
      <div class="stack">
        <h2 id="replay-title">{title(props)}</h2>
        <Asking {...props} />
      </div>
    </dialog>
  );
}

function title({ provider }: ReplayFailedProps): string {
  return `Replay every failed delivery${provider === undefined ? "" : ` of ${connectors[provider].label}`}?`;
}

function Asking({ viewer, tenant, provider }: ReplayFailedProps) {
  const path = pathOf(tenant.id, "deliveries");
  return (
    <>
      <p>
        Each goes back on its queue and is processed once more, the newest first, at most {count(MOST_AT_ONCE)} in one go. What was
        recorded meanwhile is not recorded twice. Mend what made them fail first, or they fail again.
      </p>
      <form class="row" method="post" action={`${path}/replay-failed`}>
        <Csrf viewer={viewer} />
        {provider !== undefined && <input type="hidden" name="provider" value={provider} />}
        <button data-kind="primary">Replay them</button>
        <a class="button" data-kind="quiet" href={path} data-close>
          Leave them
        </a>
      </form>
    </>
  );
}
