import type { EventData, EventType, Provider } from "@mara/connectors";
import type { Page, PageRequest } from "./page.ts";
import type { Store } from "./open-store.ts";

/** An Event as the contract shows it. Times in epoch milliseconds. */
export interface RecordedEvent {
  readonly id: string;
  readonly type: EventType;
  readonly provider: Provider;
  readonly providerEventId: string;
  readonly providerEventType: string;
  readonly contactId: string | null;
  readonly signup: boolean;
  /** The first event that told of the same thing. */
  readonly repeatOf: string | null;
  readonly occurredAt: number;
  readonly recordedAt: number;
  readonly data: EventData;
}

export interface EventFilter {
  readonly type?: string | undefined;
  readonly provider?: string | undefined;
  /** Also the id of a contact that was merged into another. */
  readonly contactId?: string | undefined;
}

export interface EventPage extends Page<RecordedEvent> {
  /** The place after the last item, also at the end of the list: whoever comes back with it gets what was recorded since. */
  readonly resumeCursor: string | null;
}

/**
 * A tenant's events in the order recorded: following the cursor misses none and repeats none, because events get their
 * numbers without gaps and in the order of commits. `newestFirst` turns the order round.
 */
export async function listEvents(
  store: Store,
  tenantId: string,
  request: PageRequest & EventFilter & { readonly newestFirst?: boolean } = {},
): Promise<EventPage> {
  throw new Error(`not yet: ${String(store)} ${tenantId} ${Object.keys(request).join()}`);
}

/** The event recorded for a provider's event id. Null where there is none (yet). */
export async function findEvent(
  store: Store,
  tenantId: string,
  provider: Provider,
  providerEventId: string,
): Promise<RecordedEvent | null> {
  throw new Error(`not yet: ${String(store)} ${tenantId} ${provider} ${providerEventId}`);
}
