import type { Provider } from "@mara/connectors";
import type { Queue } from "bullmq";
import { QueueUnavailable } from "./admission.ts";
import { catalogue } from "./catalogue.ts";
import { runAll, type RedisConnection } from "./connection.ts";
import type { EventJob } from "./event-job.ts";
import { BACKFILLS, eventQueueNames, eventQueueOf, UPKEEP } from "./keys.ts";
import { markCommand, markOf, pendingCounts, pendingDeliveries, type PendingDelivery, type PendingPage } from "./pending.ts";
import { openQueue } from "./queues.ts";
import { publishSettingsChange } from "./settings-changes.ts";

/** What the console asks of the queues. Each call throws `QueueUnavailable` where Redis does not do it. */
export interface Desk {
  /**
   * Has a delivery processed again, whatever the ledger says: its job, where it was given up or waits for its next
   * attempt, else a new one. Set `replay` on the job.
   */
  replay(job: EventJob): Promise<void>;
  /** Starts a backfill; starting the same one again changes nothing. */
  startBackfill(tenantId: string, backfillId: string): Promise<void>;
  /** What is enqueued and not yet worked off, newest first. */
  pendingDeliveries(tenantId: string, page: PendingPage): Promise<PendingDelivery[]>;
  /** How many deliveries are enqueued and not yet worked off, by provider. */
  pendingCounts(tenantId: string): Promise<Record<Provider, number>>;
  /** Tells every ingest process that a tenant's integrations changed. Call it after the change is committed. */
  publishSettingsChange(tenantId: string): Promise<void>;
  /** Every queue, for the dashboard. */
  readonly queues: readonly Queue[];
  /** Lets the queues go. The connection stays open. */
  close(): Promise<void>;
}

/** @param producer a connection of that purpose. */
export function createDesk(producer: RedisConnection, { shards }: { readonly shards: number }): Desk {
  const events = eventQueueNames(shards).map((name) => openQueue(producer, name, catalogue.event.retries));
  const backfills = openQueue(producer, BACKFILLS, catalogue.backfill.retries);
  const upkeep = openQueue(producer, UPKEEP, catalogue.upkeep.retries);
  const queues = [...events, backfills, upkeep];

  async function replay(event: EventJob): Promise<void> {
    const queue = events.find(({ name }) => name === eventQueueOf(event.tenantId, shards));
    if (!queue) throw new Error("the tenant has no queue");
    // Its own job, where Redis still has it, or the one of a replay before. One that waits is left alone.
    const replayId = `replay-${event.deliveryId}`;
    const job = (await queue.getJob(event.deliveryId)) ?? (await queue.getJob(replayId));
    const state = await job?.getState();
    const mark = (jobId: string) => runAll(producer, [markCommand(queue.name, [markOf(queue.name, event, jobId)])]);
    // In hand, and yet there is an outcome to replay: BullMQ will be done with that job in a moment.
    const isEnding = state === "active" && job?.id !== replayId;
    if (!job?.id || isEnding) {
      await mark(replayId);
      await queue.add(`${event.provider} ${event.eventType}`, event, { jobId: replayId });
    } else if (state === "failed") {
      await mark(job.id);
      await job.retry("failed", { resetAttemptsMade: true, resetAttemptsStarted: true });
    } else if (state === "delayed") {
      await job.promote();
    }
  }

  return {
    replay: (job) => ofRedis(replay(job)),
    startBackfill: async (tenantId, backfillId) => {
      await ofRedis(backfills.add("clerk", { tenantId, backfillId }, { jobId: `backfill-${backfillId}` }));
    },
    pendingDeliveries: (tenantId, page) => ofRedis(pendingDeliveries(producer, shards, tenantId, page)),
    pendingCounts: (tenantId) => ofRedis(pendingCounts(producer, shards, tenantId)),
    publishSettingsChange: (tenantId) => ofRedis(publishSettingsChange(producer, tenantId)),
    queues,
    close: async () => {
      await Promise.all(queues.map((queue) => queue.close()));
    },
  };
}

async function ofRedis<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    throw new QueueUnavailable({ cause });
  }
}
