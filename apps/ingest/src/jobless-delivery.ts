import type { Provider, ProviderEvent } from "@mara/connectors";
import type { JoblessDelivery } from "@mara/queue";
import type { Arrival } from "./receive.ts";

/** What there is to tell of a jobless delivery. */
export interface Told {
  readonly outcome: JoblessDelivery["outcome"];
  readonly reason: string;
  /** The secret that matched, where one did. */
  readonly secretId: string | null;
  /** Null where the delivery did not get so far. */
  readonly event: ProviderEvent | null;
}

/** The delivery as the deliveries list shows it: nothing of its body but the event's id and type. */
export function joblessDeliveryOf({ id, tenantId, receivedAt }: Arrival, provider: Provider, told: Told): Omit<JoblessDelivery, "count"> {
  return {
    tenantId,
    provider,
    deliveryId: id,
    providerEventId: told.event?.id ?? null,
    providerEventType: told.event?.type ?? null,
    outcome: told.outcome,
    reason: told.reason,
    receivedAt,
    secretId: told.secretId,
    requestId: id,
  };
}
