import type { Provider } from "@mara/connectors";
import type { Tenant } from "@mara/store";
import type { ComponentChildren } from "preact";
import { OUTCOMES, type ShownDelivery } from "../../present.ts";
import { Layout, pathOf, type Viewer } from "../layout.tsx";
import { LiveSwitch } from "../parts/live-state.tsx";
import { linkTo } from "../parts/query.ts";
import { ProviderSelect, Select } from "../parts/select.tsx";
import { count, Notice, Pager, TextField } from "../parts/small.tsx";
import { REPLAY_DIALOG, ReplayFailedDialog } from "./replay-failed.tsx";
import { OUTCOME_WORDS } from "./words.ts";

/** What of the deliveries is looked at. */
export interface DeliverySearch {
  readonly provider?: Provider | undefined;
  readonly outcome?: ShownDelivery["outcome"] | undefined;
  /** A provider's event id, exactly. */
  readonly event?: string | undefined;
}

/** What came of replaying all that failed. */
export interface ReplayResult {
  readonly replayed: number;
  readonly withoutPayload: number;
  /** There were too many for one go. */
  readonly more: boolean;
}

/** How many could be replayed; `more`: at least so many. */
export interface FailedCount {
  readonly failed: number;
  readonly more: boolean;
}

export interface DeliveryListProps {
  readonly viewer: Viewer;
  readonly tenant: Tenant;
  readonly search: DeliverySearch;
  readonly result: ReplayResult | null;
  readonly failed: FailedCount;
  /** Where the fresh rows come from; null where they stand still. */
  readonly stream: string | null;
  readonly first: string | null;
  readonly next: string | null;
  /** The rows. */
  readonly children: ComponentChildren;
}

export function DeliveryList({ viewer, tenant, search, result, failed, stream, first, next, children }: DeliveryListProps) {
  const path = pathOf(tenant.id, "deliveries");
  return (
    <Layout viewer={viewer} title="Deliveries" tenant={tenant} section="deliveries" {...(stream !== null && { stream })}>
      <div class="head">
        <div>
          <h1>Deliveries</h1>
          <p>Everything that reached this tenant's URLs, the newest first.</p>
        </div>
        <div class="row">
          {first === null && <LiveSwitch isLive={stream !== null} href={linkTo(path, { ...search, live: stream === null ? "" : "off" })} />}
          <a class="button" href={linkTo(`${path}/replay-failed`, { provider: search.provider })} data-dialog={REPLAY_DIALOG}>
            <span data-live="failed">
              <ReplayWords failed={failed} />
            </span>
          </a>
        </div>
      </div>
      {result !== null && <Result result={result} />}
      <form class="filters" method="get" action={path}>
        <TextField id="event" label="Event id" type="search" value={search.event ?? ""} maxLength={255} placeholder="evt_…, exactly" />
        <ProviderSelect label="Provider" chosen={search.provider} all="All providers" />
        <Select
          name="outcome"
          label="Outcome"
          chosen={search.outcome}
          all="All outcomes"
          options={OUTCOMES.map((outcome) => [outcome, OUTCOME_WORDS[outcome].label])}
        />
        <button>Filter</button>
      </form>
      <div class="stack" data-live="rows">
        {children}
      </div>
      <div data-live="pager">
        <Pager first={first} next={next} />
      </div>
      <ReplayFailedDialog viewer={viewer} tenant={tenant} provider={search.provider} />
    </Layout>
  );
}

/** What the button says that has all that failed replayed: the part of it that is kept fresh. */
export function ReplayWords({ failed: { failed, more } }: { failed: FailedCount }) {
  return <>{failed === 0 ? "Replay failed…" : `Replay ${count(failed)}${more ? "+" : ""} failed…`}</>;
}

function Result({ result: { replayed, withoutPayload, more } }: { result: ReplayResult }) {
  const kept = withoutPayload === 0 ? "" : ` ${deliveries(withoutPayload)} could not be: what they carried is no longer stored.`;
  const rest = more ? " There are more: replay again once these are done." : "";
  if (replayed === 0 && withoutPayload === 0) return <Notice tone="good">Nothing has failed: there was nothing to replay.</Notice>;
  return (
    <Notice tone={replayed > 0 ? "good" : "warn"}>
      {`${replayed === 0 ? "Nothing" : deliveries(replayed)} put back on the queue.${kept}${rest}`}
    </Notice>
  );
}

function deliveries(many: number): string {
  return many === 1 ? "1 delivery" : `${many.toLocaleString("en")} deliveries`;
}
