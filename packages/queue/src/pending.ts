import { PROVIDERS, type Provider } from "@mara/connectors";
import { z } from "zod";
import { runAll, type RedisConnection } from "./connection.ts";
import type { EventJob } from "./event-job.ts";
import { pendingKey } from "./keys.ts";

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

/** The delivery id stands first: marks have equal scores, so they sort by their text, and so as deliveries arrived. */
export function markOf(job: EventJob, jobId: string): Mark {
  const { deliveryId, eventId, eventType, receivedAt, secretId, requestId } = job;
  return {
    key: pendingKey(job.tenantId, job.provider),
    member: JSON.stringify([deliveryId, eventId, eventType, receivedAt, secretId, requestId, jobId]),
  };
}

export function readMark(provider: Provider, member: string): { readonly delivery: PendingDelivery; readonly jobId: string } {
  const [deliveryId, eventId, eventType, receivedAt, secretId, requestId, jobId] = pendingMark.parse(JSON.parse(member));
  return { delivery: { deliveryId, provider, eventId, eventType, receivedAt, secretId, requestId }, jobId };
}

/** Sets marks. */
export async function mark(connection: RedisConnection, marks: readonly Mark[]): Promise<void> {
  await runAll(
    connection,
    [...byKey(marks)].map(([key, members]) => ["zadd", key, ...members.flatMap((member) => [0, member])]),
  );
}

/** Removes marks. */
export async function unmark(connection: RedisConnection, marks: readonly Mark[]): Promise<void> {
  await runAll(
    connection,
    [...byKey(marks)].map(([key, members]) => ["zrem", key, ...members]),
  );
}

/** What a tenant has pending, newest first. */
export async function pendingDeliveries(
  connection: RedisConnection,
  tenantId: string,
  { provider, before, limit }: PendingPage,
): Promise<PendingDelivery[]> {
  const from = before === undefined ? "+" : `(["${before}"`;
  const pages = await Promise.all(
    (provider === undefined ? PROVIDERS : [provider]).map(async (one) => {
      const members = await connection.zrevrangebylex(pendingKey(tenantId, one), from, "-", "LIMIT", 0, limit);
      return members.map((member) => readMark(one, member).delivery);
    }),
  );
  return pages
    .flat()
    .sort((a, b) => (a.deliveryId < b.deliveryId ? 1 : -1))
    .slice(0, limit);
}

/** How many deliveries a tenant has pending, by provider. */
export async function pendingCounts(connection: RedisConnection, tenantId: string): Promise<Record<Provider, number>> {
  const entries = PROVIDERS.map(async (one) => [one, await connection.zcard(pendingKey(tenantId, one))]);
  return countsByProvider.parse(Object.fromEntries(await Promise.all(entries)));
}

function byKey(marks: readonly Mark[]): Map<string, string[]> {
  const members = new Map<string, string[]>();
  for (const { key, member } of marks) {
    const known = members.get(key);
    if (known) known.push(member);
    else members.set(key, [member]);
  }
  return members;
}
