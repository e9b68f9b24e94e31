import { PROVIDERS, type Provider } from "@mara/connectors";
import { runAll, type RedisConnection } from "./connection.ts";
import { eventJob, type EventJob } from "./event-job.ts";
import { eventQueueNames, jobKey, pendingKey, shardOf, TENANTS_KEY } from "./keys.ts";
import { pendingCounts, readMark, unmark } from "./pending.ts";

/** Younger marks may belong to a delivery that is being enqueued right now. */
const GRACE_MS = 60_000;
/** Of each tenant and provider. Those of lost jobs become the oldest, so they are found as the others are worked off. */
const OLDEST = 200;
/** A tenant without pending deliveries leaves the list after this long; processes note it anew each half minute. */
const FORGET_MS = 10 * 60_000;

/** What to do with a job that was given up without anyone writing it down. Called again where it throws. */
export type GiveUp = (job: EventJob, reason: string) => Promise<void>;

/**
 * Finds marks of pending deliveries whose job is gone (a process died between the two) and removes them; and those whose
 * job was given up, which it hands to `giveUp` first.
 */
export async function sweepPending(
  connection: RedisConnection,
  shards: number,
  giveUp: GiveUp,
  now: number,
): Promise<void> {
  const tenantIds = await connection.zrange(TENANTS_KEY, "0", "-1");
  for (const tenantId of tenantIds) {
    const queueName = eventQueueNames(shards)[shardOf(tenantId, shards)] ?? "";
    for (const provider of PROVIDERS) await sweepMarks(connection, queueName, tenantId, provider, giveUp, now);
    await forgetWhenIdle(connection, tenantId, now);
  }
}

async function sweepMarks(
  connection: RedisConnection,
  queueName: string,
  tenantId: string,
  provider: Provider,
  giveUp: GiveUp,
  now: number,
): Promise<void> {
  const key = pendingKey(tenantId, provider);
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
    if (name !== null && finishedOn === null) continue;
    if (name !== null) await giveUpFailed(connection, jobKey(queueName, mark.jobId), giveUp);
    await unmark(connection, [mark]);
  }
}

/** BullMQ keeps no finished event job but failed ones. */
async function giveUpFailed(connection: RedisConnection, key: string, giveUp: GiveUp): Promise<void> {
  const [data, reason] = await connection.hmget(key, "data", "failedReason");
  const job = eventJob.safeParse(JSON.parse(data ?? "null"));
  if (job.success) await giveUp(job.data, reason ?? "unknown");
}

async function forgetWhenIdle(connection: RedisConnection, tenantId: string, now: number): Promise<void> {
  const notedAt = Number(await connection.zscore(TENANTS_KEY, tenantId));
  if (notedAt > now - FORGET_MS) return;
  const counts = await pendingCounts(connection, tenantId);
  if (Object.values(counts).every((count) => count === 0)) await connection.zrem(TENANTS_KEY, tenantId);
}
