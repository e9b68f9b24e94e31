import type { Delivery, Event } from "../support/contract.ts";
import type { Happening } from "../support/lives.ts";
import type { Sent } from "./senders.ts";

/** What providers were told, held against what there is. Each list has event ids; all but `recorded` should be empty. */
export interface Balance {
  readonly acknowledged: number;
  /** Events whose outcome is there. */
  readonly recorded: number;
  /** Never taken, however often they were sent. */
  readonly refused: readonly string[];
  /** Taken, and without an outcome. */
  readonly lost: readonly string[];
  /** Said to be new more than once, or with more than one outcome, or recorded more than once. */
  readonly doubled: readonly string[];
  /** Given up by the worker. */
  readonly failed: readonly string[];
}

const SETTLED = ["processed", "ignored", "failed"];

export function balanceOf(happenings: readonly Happening[], sent: Sent, deliveries: readonly Delivery[], events: readonly Event[]): Balance {
  const settled = new Map<string, Delivery[]>();
  for (const delivery of deliveries) {
    if (delivery.providerEventId === null || !SETTLED.includes(delivery.outcome)) continue;
    settled.set(delivery.providerEventId, [...(settled.get(delivery.providerEventId) ?? []), delivery]);
  }
  const recorded = new Map<string, number>();
  for (const event of events) recorded.set(event.providerEventId, (recorded.get(event.providerEventId) ?? 0) + 1);

  const ids = happenings.map(({ id }) => id);
  const acknowledged = ids.filter((id) => sent.answers.has(id));
  const outcomes = (id: string) => settled.get(id) ?? [];
  const saidNew = (id: string) => (sent.answers.get(id)?.queued ?? 0) + (sent.answers.get(id)?.ignored ?? 0);
  return {
    acknowledged: acknowledged.length,
    recorded: ids.filter((id) => outcomes(id).length > 0).length,
    refused: ids.filter((id) => !sent.answers.has(id)),
    lost: acknowledged.filter((id) => outcomes(id).length === 0),
    doubled: ids.filter((id) => saidNew(id) > 1 || outcomes(id).length > 1 || (recorded.get(id) ?? 0) > 1),
    failed: ids.filter((id) => outcomes(id).some(({ outcome }) => outcome === "failed")),
  };
}
