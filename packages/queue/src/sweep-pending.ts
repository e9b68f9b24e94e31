import { runAll, type RedisConnection } from "./connection.ts";
import { eventJob, type EventJob } from "./event-job.ts";
import { eventQueueNames, jobKey, pendingIndexKey, readPendingKey } from "./keys.ts";
import { readMark, unmarkCommand } from "./pending.ts";

/** Younger marks may belong to a delivery that is being enqueued right now. */
const GRACE_MS = 60_000;
/** Of each tenant and provider. Those of lost jobs become the oldest, so they are found as the others are worked off. */
const OLDEST = 200;

/** Writes down that a job was given up. Called again where it throws. */
export type GiveUp = (job: EventJob, reason: string) => Promise<void>;

/**
 * Finds marks of pending deliveries whose job is gone (a process died between the two) and removes them; and those whose
 * job was given up without anyone writing it down, which it hands to `giveUp` first. Throws where that did, once it has been
 * through all the others.
 */
export async function sweepPending(
  connection: RedisConnection,
  shards: number,
  giveUp: GiveUp,
  now: number,
): Promise<void> {
  const problems: unknown[] = [];
  for (const queueName of eventQueueNames(shards)) {
    const keys = await connection.smembers(pendingIndexKey(queueName));
    for (const key of keys) {
      // What can't be given up must not keep those of others from being found.
      await sweepMarks(connection, queueName, key, giveUp, now).catch((problem: unknown) => void problems.push(problem));
    }
  }
  if (problems.length > 0) throw problems[0];
}

async function sweepMarks(
  connection: RedisConnection,
  queueName: string,
  key: string,
  giveUp: GiveUp,
  now: number,
): Promise<void> {
  const provider = readPendingKey(key)?.provider;
  if (provider === undefined) return;
  const members = await connection.zrange(key, "0", String(OLDEST - 1));
  const old = members
    .map((member) => ({ key, member, ...readMark(provider, member) }))
    .filter(({ delivery }) => delivery.receivedAt < now - GRACE_MS);
  const states = await runAll(
    connection,
    old.map(({ jobId }) => ["hmget", jobKey(queueName, jobId), "name", "finishedOn"]),
  );
  for (const [i, mark] of old.entries()) {
    const [name, finishedOn] = Array.isArray(states[i]) ? states[i] : [];
    const exists = typeof name === "string";
    if (exists && finishedOn === null) continue;
    if (exists) await giveUpFailed(connection, jobKey(queueName, mark.jobId), giveUp);
    await runAll(connection, [unmarkCommand(queueName, [mark])]);
  }
}

/** BullMQ keeps no finished event job but failed ones. */
async function giveUpFailed(connection: RedisConnection, key: string, giveUp: GiveUp): Promise<void> {
  const [data, reason] = await connection.hmget(key, "data", "failedReason");
  const job = eventJob.safeParse(JSON.parse(data ?? "null"));
  if (job.success) await giveUp(job.data, reason ?? "unknown");
}
