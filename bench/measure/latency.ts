import { setTimeout as pause } from "node:timers/promises";
import type { Bed, RunningProgram } from "./bed.ts";
import { joinedLater } from "./joined-later.ts";
import type { Shot } from "./load.ts";
import { quantile } from "./rounds.ts";
import { shotsOf, traffic } from "./traffic.ts";
import { wipe } from "./wipe.ts";

export interface LatencyFigures {
  readonly perSecond: number;
  readonly deliveries: number;
  /** Milliseconds from the acknowledgement to the commit. */
  readonly p50: number;
  readonly p99: number;
}

/**
 * Sends at a steady rate through an ingest and the worker behind it, and asks Postgres when each delivery's transaction was
 * committed.
 */
export async function latencyOf(
  bed: Bed,
  ingest: RunningProgram,
  options: { perSecond: number; seconds: number },
): Promise<LatencyFigures> {
  await wipe(bed.postgres.url);
  const sent = traffic(bed, options.perSecond * options.seconds, "mapped", "lat");
  const answers = await sendSteadily(ingest.port, shotsOf(bed, sent), options.perSecond);
  const acknowledged = new Map(sent.map(({ tenantId, sample }, i) => [keyOf(tenantId, sample.id), answers[i] ?? 0]));
  const took = await untilCommitted(bed, acknowledged);
  return { perSecond: options.perSecond, deliveries: took.length, p50: quantile(took, 0.5), p99: quantile(took, 0.99) };
}

/** Sends each at its time, and answers when each was acknowledged, in epoch milliseconds. Rejects where one was not. */
export async function sendSteadily(port: number, shots: readonly Shot[], perSecond: number): Promise<number[]> {
  const began = performance.now();
  const underWay: Promise<number>[] = [];
  for (const [i, shot] of shots.entries()) {
    const due = began + (i / perSecond) * 1_000;
    if (due > performance.now()) await pause(due - performance.now());
    underWay.push(joinedLater(send(`http://127.0.0.1:${port}${shot.path}`, shot)));
  }
  return Promise.all(underWay);
}

async function send(url: string, { headers, body }: Shot): Promise<number> {
  const answer = await fetch(url, { method: "POST", headers, body });
  await answer.arrayBuffer();
  if (answer.status !== 200) throw new Error(`ingest answered ${answer.status}`);
  return performance.timeOrigin + performance.now();
}

async function untilCommitted(bed: Bed, acknowledged: ReadonlyMap<string, number>): Promise<number[]> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const { rows } = await bed.store.pool.query<{ tenant_id: string; event: string; at: number }>(
      `SELECT tenant_id, provider_event_id AS event, (extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000)::float8 AS at
         FROM deliveries`,
    );
    if (rows.length >= acknowledged.size) {
      // The worker can be done before the answer has been read: then it took no time.
      return rows.map((row) => Math.max(0, row.at - (acknowledged.get(keyOf(row.tenant_id, row.event)) ?? row.at)));
    }
    if (Date.now() > deadline) throw new Error("not all deliveries were committed");
    await pause(100);
  }
}

function keyOf(tenantId: string, eventId: string): string {
  return `${tenantId} ${eventId}`;
}
