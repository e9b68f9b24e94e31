import type { Json } from "@mara/connectors";
import type { Transaction } from "./record/rows.ts";
import type { Store } from "./open-store.ts";

/** Times in epoch milliseconds. `waiting`: for a worker to take it, or for the provider to let it go on. */
export interface Backfill {
  readonly id: string;
  readonly status: "running" | "waiting" | "done" | "failed" | "canceled";
  readonly total: number | null;
  readonly seen: number;
  readonly created: number;
  readonly updated: number;
  readonly skipped: number;
  readonly startedAt: number;
  readonly finishedAt: number | null;
  readonly error: string | null;
}

/** What the worker needs of one. `cursor` is whatever it last wrote; null at the beginning. */
export interface BackfillWork extends Backfill {
  readonly tenantId: string;
  readonly cursor: Json;
  /** When it last moved. */
  readonly progressAt: number;
}

/** `running`: this one is under way already. */
export type BackfillStart =
  | { readonly kind: "started"; readonly backfill: Backfill }
  | { readonly kind: "running"; readonly backfill: Backfill }
  | { readonly kind: "no_api_key" };

/** Starts a tenant's backfill: one at a time, whoever asks. Put its job on the queue afterwards. */
export async function startBackfill(store: Store, tenantId: string): Promise<BackfillStart> {
  throw new Error(`not yet: ${String(store)} ${tenantId}`);
}

export async function latestBackfill(store: Store, tenantId: string): Promise<Backfill | null> {
  throw new Error(`not yet: ${String(store)} ${tenantId}`);
}

/** Ends the backfill that is under way: the page in hand is the last. Answers it; null where none is. */
export async function cancelBackfill(store: Store, tenantId: string): Promise<Backfill | null> {
  throw new Error(`not yet: ${String(store)} ${tenantId}`);
}

export async function loadBackfill(store: Store, id: string): Promise<BackfillWork | null> {
  throw new Error(`not yet: ${String(store)} ${id}`);
}

/** Those under way: so that none is left without a job. */
export async function loadActiveBackfills(store: Store): Promise<BackfillWork[]> {
  throw new Error(`not yet: ${String(store)}`);
}

/** What a page adds. `total` and `cursor` replace what was there. */
export interface BackfillProgress {
  readonly total: number | null;
  readonly seen: number;
  readonly created: number;
  readonly updated: number;
  readonly skipped: number;
  readonly cursor: Json;
}

/** Writes a page's progress down, within the page's own transaction. Answers whether to go on: false after a cancelation. */
export async function saveBackfillProgress(transaction: Transaction, id: string, page: BackfillProgress): Promise<boolean> {
  throw new Error(`not yet: ${String(transaction)} ${id} ${page.seen}`);
}

/** Notes that a backfill under way runs, or waits to be let on. Answers false where it is over. */
export async function setBackfillStatus(store: Store, id: string, status: "running" | "waiting"): Promise<boolean> {
  throw new Error(`not yet: ${String(store)} ${id} ${status}`);
}

/** Ends a backfill, if it is not over already. `error` is for people to read. */
export async function finishBackfill(
  store: Store,
  id: string,
  end: { readonly status: "done" } | { readonly status: "failed"; readonly error: string },
): Promise<void> {
  throw new Error(`not yet: ${String(store)} ${id} ${end.status}`);
}

/** The opened API key of a tenant's Clerk integration; null where it has none. Throws `CannotOpen`. */
export async function backfillApiKey(store: Store, tenantId: string): Promise<string | null> {
  throw new Error(`not yet: ${String(store)} ${tenantId}`);
}
