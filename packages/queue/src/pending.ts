import { PROVIDERS, type Provider } from "@mara/connectors";
import { z } from "zod";
import type { Command, RedisConnection } from "./connection.ts";
import type { EventJob } from "./event-job.ts";
import { eventQueueOf, pendingIndexKey, pendingKey } from "./keys.ts";

/** A delivery that is enqueued and not yet worked off. */
export interface PendingDelivery {
  readonly deliveryId: string;
  readonly provider: Provider;
  readonly eventId: string;
  readonly eventType: string;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  readonly secretId: string | null;
  readonly requestId: string | null;
}

export interface PendingPage {
  /** Default: all providers. */
  readonly provider?: Provider;
  /** Only those before this delivery id: ids sort as deliveries arrived. */
  readonly before?: string;
  readonly limit: number;
}

/** Says that a job is pending. It can be made again from the job, to be removed by its very text. */
export interface Mark {
  readonly key: string;
  readonly member: string;
}

const pendingMark = z.tuple([
  z.string(),
  z.string(),
  z.string(),
  z.number(),
  z.string().nullable(),
  z.string().nullable(),
  z.string(),
]);

const countsByProvider = z.record(z.enum(PROVIDERS), z.int());

/** Keeps the index of the keys that have marks. Answers how many each of the keys has now. */
const MARK = `
local counts = {}
for i = 2, #KEYS do
  redis.call("ZADD", KEYS[i], 0, ARGV[i - 1])
  counts[i - 1] = redis.call("ZCARD", KEYS[i])
  if counts[i - 1] == 1 then redis.call("SADD", KEYS[1], KEYS[i]) end
end
return counts`;

const UNMARK = `
for i = 2, #KEYS do
  redis.call("ZREM", KEYS[i], ARGV[i - 1])
  if redis.call("EXISTS", KEYS[i]) == 0 then redis.call("SREM", KEYS[1], KEYS[i]) end
end`;

/** The delivery id stands first: marks have equal scores, so they sort by their text, and so as deliveries arrived. */
export function markOf(queueName: string, job: EventJob, jobId: string): Mark {
  const { deliveryId, eventId, eventType, receivedAt, secretId, requestId } = job;
  return {
    key: pendingKey(queueName, job.tenantId, job.provider),
    member: JSON.stringify([deliveryId, eventId, eventType, receivedAt, secretId, requestId, jobId]),
  };
}

export function readMark(provider: Provider, member: string): { readonly delivery: PendingDelivery; readonly jobId: string } {
  const [deliveryId, eventId, eventType, receivedAt, secretId, requestId, jobId] = pendingMark.parse(JSON.parse(member));
  return { delivery: { deliveryId, provider, eventId, eventType, receivedAt, secretId, requestId }, jobId };
}

/** Sets marks of one queue. Answers, in their order, how many marks stand under the key of each. */
export function markCommand(queueName: string, marks: readonly Mark[]): Command {
  return commandOf(MARK, queueName, marks);
}

/** Removes marks of one queue. */
export function unmarkCommand(queueName: string, marks: readonly Mark[]): Command {
  return commandOf(UNMARK, queueName, marks);
}

function commandOf(script: string, queueName: string, marks: readonly Mark[]): Command {
  const keys = marks.map(({ key }) => key);
  return ["eval", script, keys.length + 1, pendingIndexKey(queueName), ...keys, ...marks.map(({ member }) => member)];
}

/** What a tenant has pending, newest first. */
export async function pendingDeliveries(
  connection: RedisConnection,
  shards: number,
  tenantId: string,
  { provider, before, limit }: PendingPage,
): Promise<PendingDelivery[]> {
  const queueName = eventQueueOf(tenantId, shards);
  const from = before === undefined ? "+" : `(["${before}"`;
  const pages = await Promise.all(
    (provider === undefined ? PROVIDERS : [provider]).map(async (one) => {
      const key = pendingKey(queueName, tenantId, one);
      const members = await connection.zrevrangebylex(key, from, "-", "LIMIT", 0, limit);
      return members.map((member) => readMark(one, member).delivery);
    }),
  );
  return pages
    .flat()
    .sort((a, b) => (a.deliveryId < b.deliveryId ? 1 : -1))
    .slice(0, limit);
}

/** How many deliveries a tenant has pending, by provider. */
export async function pendingCounts(
  connection: RedisConnection,
  shards: number,
  tenantId: string,
): Promise<Record<Provider, number>> {
  const queueName = eventQueueOf(tenantId, shards);
  const entries = PROVIDERS.map(async (one) => [one, await connection.zcard(pendingKey(queueName, tenantId, one))]);
  return countsByProvider.parse(Object.fromEntries(await Promise.all(entries)));
}
