import type { Provider } from "@mara/connectors";
import { runAll, type RedisConnection } from "./connection.ts";
import { eventJob, type EventJob } from "./event-job.ts";
import { eventQueueNames, jobKey, pendingIndexKey, readPendingKey } from "./keys.ts";
import { readMark, unmarkCommand } from "./pending.ts";

/** Younger marks may belong to a delivery that is being enqueued right now. */
const GRACE_MS = 60_000;
/** Of each tenant and provider, at a time. Those of lost jobs become the oldest, so they are found as the others are worked off. */
const OLDEST = 200;

/** Writes down that a job was given up. Called again where it throws. */
export type GiveUp = (job: EventJob, reason: string) => Promise<void>;

/**
 * Finds marks of pending deliveries whose job is gone (a process died between the two) and removes them; and those whose
 * job was given up without anyone writing it down, which it hands to `giveUp` first. Throws where that did, once it has been
 * through all the others; and, between two looks, once `signal` fires.
 */
export async function sweepPending(
  connection: RedisConnection,
  shards: number,
  giveUp: GiveUp,
  now: number,
  signal?: AbortSignal,
): Promise<void> {
  const problems: unknown[] = [];
  for (const queueName of eventQueueNames(shards)) {
    const sweep = { connection, queueName, giveUp, receivedBefore: now - GRACE_MS, signal };
    for (const key of await connection.smembers(pendingIndexKey(queueName))) {
      // What can't be given up must not keep those of others from being found.
      await sweepKey(sweep, key).catch((problem: unknown) => void problems.push(problem));
      signal?.throwIfAborted();
    }
  }
  if (problems.length > 0) throw problems[0];
}

interface Sweep {
  readonly connection: RedisConnection;
  readonly queueName: string;
  readonly giveUp: GiveUp;
  /** Epoch milliseconds. */
  readonly receivedBefore: number;
  readonly signal: AbortSignal | undefined;
}

async function sweepKey(sweep: Sweep, key: string): Promise<void> {
  const provider = readPendingKey(key)?.provider;
  if (provider === undefined) return;
  // A process that was killed may leave more than one look finds.
  while ((await sweepOldest(sweep, key, provider)) > 0) sweep.signal?.throwIfAborted();
}

/** Answers how many marks it removed. */
async function sweepOldest({ connection, queueName, giveUp, receivedBefore }: Sweep, key: string, provider: Provider): Promise<number> {
  const members = await connection.zrange(key, "0", String(OLDEST - 1));
  const old = members
    .map((member) => ({ key, member, ...readMark(provider, member) }))
    .filter(({ delivery }) => delivery.receivedAt < receivedBefore);
  const states = await runAll(
    connection,
    old.map(({ jobId }) => ["hmget", jobKey(queueName, jobId), "name", "finishedOn"]),
  );
  let removed = 0;
  for (const [i, mark] of old.entries()) {
    const [name, finishedOn] = Array.isArray(states[i]) ? states[i] : [];
    const exists = typeof name === "string";
    if (exists && finishedOn === null) continue;
    if (exists) await giveUpFailed(connection, jobKey(queueName, mark.jobId), giveUp);
    await runAll(connection, [unmarkCommand(queueName, [mark])]);
    removed++;
  }
  return removed;
}

/** BullMQ keeps no finished event job but failed ones. */
async function giveUpFailed(connection: RedisConnection, key: string, giveUp: GiveUp): Promise<void> {
  const [data, reason] = await connection.hmget(key, "data", "failedReason");
  const job = eventJob.safeParse(JSON.parse(data ?? "null"));
  if (job.success) await giveUp(job.data, reason ?? "unknown");
}
