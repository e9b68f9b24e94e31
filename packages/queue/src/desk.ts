import type { Provider } from "@mara/connectors";
import type { Job, Queue } from "bullmq";
import { catalogue } from "./catalogue.ts";
import { runAll, type RedisConnection } from "./connection.ts";
import type { EventJob } from "./event-job.ts";
import { BACKFILLS, eventQueueNames, eventQueueOf, UPKEEP } from "./keys.ts";
import { markCommand, markOf, pendingCounts, pendingDeliveries, unmarkCommand, type PendingDelivery, type PendingPage } from "./pending.ts";
import { refusedBy } from "./queue-unavailable.ts";
import { openQueue } from "./queues.ts";
import { publishSettingsChange } from "./settings-changes.ts";

/** What the console asks of the queues. Each call throws `QueueUnavailable` where Redis does not do it. */
export interface Desk {
  /**
   * Has a delivery processed again, whatever the ledger says: its job, where it was given up or waits for its next
   * attempt, else a new one.
   */
  replay(delivery: Omit<EventJob, "replay">): Promise<void>;
  /** Starts a backfill; starting the same one again changes nothing, unless its job has ended: then it is worked again. */
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

/** What was given up has all its attempts again. */
const AFRESH = { resetAttemptsMade: true, resetAttemptsStarted: true };

/** @param producer a connection of that purpose. */
export function createDesk(producer: RedisConnection, { shards }: { readonly shards: number }): Desk {
  const events = eventQueueNames(shards).map((name) => openQueue(producer, name, catalogue.event.retries));
  const backfills = openQueue(producer, BACKFILLS, catalogue.backfill.retries);
  const upkeep = openQueue(producer, UPKEEP, catalogue.upkeep.retries);
  const queues = [...events, backfills, upkeep];

  async function replay(event: EventJob): Promise<void> {
    const queue = events.find(({ name }) => name === eventQueueOf(event.tenantId, shards));
    if (!queue) throw new Error("the tenant has no queue");
    const marking = (jobId: string): Marking => {
      const marks = [markOf(queue.name, event, jobId)];
      return {
        set: () => runAll(producer, [markCommand(queue.name, marks)]),
        remove: () => runAll(producer, [unmarkCommand(queue.name, marks)]),
      };
    };
    const own = await queue.getJob(event.deliveryId);
    if (own && (await workAgain(own, marking(event.deliveryId)))) return;
    // The one of a replay before may be ending just as well, and under its id there can be no other until it has.
    for (let nth = 1; ; nth++) {
      const jobId = `replay-${event.deliveryId}${nth === 1 ? "" : `-${nth}`}`;
      const job = await queue.getJob(jobId);
      if (job && (await workAgain(job, marking(jobId)))) return;
      if (job) continue;
      await marking(jobId).set();
      await queue.add(`${event.provider} ${event.eventType}`, event, { jobId });
      return;
    }
  }

  async function startBackfill(tenantId: string, backfillId: string): Promise<void> {
    const jobId = `backfill-${backfillId}`;
    const job = await backfills.getJob(jobId);
    const state = await job?.getState();
    if (job && (state === "failed" || state === "completed")) {
      try {
        return await job.retry(state, AFRESH);
      } catch (error) {
        if ((await job.getState()) === state) throw error;
        // Somebody else had it worked again meanwhile, or BullMQ has removed it.
      }
    }
    await backfills.add("clerk", { tenantId, backfillId }, { jobId });
  }

  return {
    replay: (delivery) => ofRedis(replay({ ...delivery, replay: true })),
    startBackfill: (tenantId, backfillId) => ofRedis(startBackfill(tenantId, backfillId)),
    pendingDeliveries: (tenantId, page) => ofRedis(pendingDeliveries(producer, shards, tenantId, page)),
    pendingCounts: (tenantId) => ofRedis(pendingCounts(producer, shards, tenantId)),
    publishSettingsChange: (tenantId) => ofRedis(publishSettingsChange(producer, tenantId)),
    queues,
    close: async () => {
      await Promise.all(queues.map((queue) => queue.close()));
    },
  };
}

/** Sets the mark that says that a job is pending, and takes it away. */
interface Marking {
  set(): Promise<unknown>;
  remove(): Promise<unknown>;
}

/** Has a job worked that Redis has, marked anew where it was given up. False where it takes another one for that. */
async function workAgain(job: Job, mark: Marking): Promise<boolean> {
  const state = await job.getState();
  switch (state) {
    case "failed":
      await mark.set();
      if (await moveOn(job, state, () => job.retry("failed", AFRESH))) return true;
      // It may have been worked and settled before it was marked here, and nobody would take that mark away.
      if (["completed", "unknown"].includes(await job.getState())) await mark.remove();
      return false;
    case "delayed":
      return moveOn(job, state, () => job.promote());
    // In hand, and yet there is an outcome to replay: BullMQ will be done with that job in a moment.
    case "active":
    // Or was done with it, and removed it, since it was found.
    case "completed":
    case "unknown":
      return false;
    // It waits its turn.
    default:
      return true;
  }
}

/** Moves a job on from the state that it is in. Answers whether it waits its turn then: somebody else may have moved it first. */
async function moveOn(job: Job, from: "failed" | "delayed", move: () => Promise<unknown>): Promise<boolean> {
  try {
    await move();
    return true;
  } catch (error) {
    const now = await job.getState();
    if (now === from) throw error;
    return now === "waiting" || now === "prioritized";
  }
}

async function ofRedis<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    throw refusedBy(cause);
  }
}
