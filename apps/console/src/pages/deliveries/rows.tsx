import { connectors } from "@mara/connectors";
import type { Tenant } from "@mara/store";
import type { DeliveryPage } from "../../delivery-list.ts";
import type { ShownDelivery } from "../../present.ts";
import { pathOf } from "../layout.tsx";
import { Badge, Empty, Foreign, Notice } from "../parts/small.tsx";
import { Ago } from "../parts/time.tsx";
import { lasted, OUTCOME_WORDS, reasonInBrief } from "./words.ts";

export interface RowsProps {
  readonly tenant: Tenant;
  readonly page: DeliveryPage;
  readonly isFiltered: boolean;
  /** Whether newer ones stand on a page before this one. */
  readonly isBehind?: boolean;
  readonly now: number;
}

/** The deliveries of a page: the part of it that is kept fresh. */
export function Rows({ tenant, page, isFiltered, isBehind = false, now }: RowsProps) {
  return (
    <>
      {page.incomplete && <Notice tone="warn">The queue does not answer: deliveries that wait in it are not shown at the moment.</Notice>}
      {page.items.length === 0 ? (
        <Nothing tenant={tenant} isFiltered={isFiltered} isBehind={isBehind} />
      ) : (
        <table class="table deliveries">
          <caption class="visually-hidden">Deliveries, the newest first</caption>
          <thead>
            <tr>
              <th scope="col">Event</th>
              <th scope="col">Outcome</th>
              <th scope="col">Reason</th>
              <th scope="col" class="num" title="From its receipt to its outcome; of one that was replayed, to the outcome of the replay">
                Done after
              </th>
              <th scope="col" class="num">
                Received
              </th>
            </tr>
          </thead>
          <tbody>
            {page.items.map((delivery) => (
              <Row key={delivery.id} delivery={delivery} tenant={tenant} now={now} />
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

function Row({ delivery, tenant, now }: { delivery: ShownDelivery; tenant: Tenant; now: number }) {
  const { id, provider, providerEventId, providerEventType, outcome, reason, receivedAt, processedAt } = delivery;
  const { label, tone } = OUTCOME_WORDS[outcome];
  return (
    <tr data-key={id}>
      <td class="delivery-event">
        <a href={`${pathOf(tenant.id, "deliveries")}/${id}`}>
          <span class="soft">{connectors[provider].label}</span> {providerEventType === null ? <span class="soft">not read</span> : <Foreign text={providerEventType} max={80} />}
        </a>
        {providerEventId !== null && (
          <span class="mono small soft">
            <Foreign text={providerEventId} max={60} />
          </span>
        )}
      </td>
      <td data-label="Outcome">
        <Badge tone={tone}>{label}</Badge>
      </td>
      <td data-label="Reason" class="soft" data-empty={reason === null}>
        <Foreign text={reasonInBrief(reason)} max={120} />
      </td>
      <td data-label="Done after" class="num soft" data-empty={processedAt === null}>
        {processedAt !== null && lasted(Date.parse(processedAt) - Date.parse(receivedAt))}
      </td>
      <td data-label="Received" class="num">
        <Ago at={new Date(receivedAt)} now={now} />
      </td>
    </tr>
  );
}

function Nothing({ tenant, isFiltered, isBehind }: { tenant: Tenant; isFiltered: boolean; isBehind: boolean }) {
  if (isBehind) {
    return (
      <Empty title="Nothing older">
        <p>What stood here is gone, because it became older than deliveries are kept, or the page before had the last.</p>
      </Empty>
    );
  }
  if (isFiltered) {
    return (
      <Empty title="No such delivery">
        <p>
          Nothing that reached this tenant's URLs is like this. <a href={pathOf(tenant.id, "deliveries")}>Show all deliveries</a>
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="No delivery yet">
      <p>
        Whatever reaches your webhook URLs appears here within a second, also what is rejected or ignored.{" "}
        <a href={pathOf(tenant.id, "integrations")}>Set up a provider</a>, or send a test event from there.
      </p>
    </Empty>
  );
}
