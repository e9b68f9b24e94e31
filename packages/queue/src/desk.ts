import type { Provider } from "@mara/connectors";
import type { Queue } from "bullmq";
import type { RedisConnection } from "./connection.ts";
import type { EventJob } from "./event-job.ts";
import type { PendingDelivery, PendingPage } from "./pending.ts";

/** What the console asks of the queues. */
export interface Desk {
  /** Puts a delivery on its queue again, whatever the ledger says. Set `replay` on the job. */
  replay(job: EventJob): Promise<void>;
  /** Starts a backfill; starting the same one again changes nothing. */
  startBackfill(tenantId: string, backfillId: string): Promise<void>;
  /** What is enqueued and not yet worked off, newest first. */
  pendingDeliveries(tenantId: string, page: PendingPage): Promise<PendingDelivery[]>;
  pendingCounts(tenantId: string): Promise<Record<Provider, number>>;
  /** Tells every ingest process that a tenant's integrations changed. Call it after the change is committed. */
  publishSettingsChange(tenantId: string): Promise<void>;
  /** Every queue, for the dashboard. */
  readonly queues: readonly Queue[];
  /** Lets the queues go. The connection stays open. */
  close(): Promise<void>;
}

export function createDesk(producer: RedisConnection, options: { readonly shards: number }): Desk {
  throw new Error(`not yet: ${producer.status} ${options.shards}`);
}
