import type { Normalised, ProviderEvent } from "../connector.ts";
import { rowsOf } from "./mapping.ts";
import { readSnapshot } from "./snapshot.ts";

/** Decided by type before anything is looked at more closely: most of what Stripe sends becomes nothing. */
export function normalise(event: ProviderEvent): Normalised {
  if (isThin(event)) return nothing("it carries no data: choose the payload style Snapshot for this destination in Stripe");
  const rows = rowsOf(event.type);
  if (!rows) return nothing("this type becomes nothing");
  return rows.normalise(readSnapshot(event, rows.kind));
}

/** Thin events, and the ping of their destinations, only refer to what happened (https://docs.stripe.com/event-destinations). */
function isThin({ payload }: ProviderEvent): boolean {
  return typeof payload.object === "string" && payload.object.startsWith("v2.");
}

function nothing(reason: string): Normalised {
  return { table: { kind: "ignored", reason }, facts: null };
}
