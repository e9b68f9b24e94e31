import { setTimeout as pause } from "node:timers/promises";
import { wipe, type Bed, type RunningProgram } from "./bed.ts";
import { quantile } from "./rounds.ts";
import { shotsOf, traffic } from "./traffic.ts";

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
  const shots = shotsOf(bed, sent);
  const acknowledged = new Map<string, number>();
  const began = performance.now();
  const underWay: Promise<void>[] = [];
  for (const [i, shot] of shots.entries()) {
    const due = began + (i / options.perSecond) * 1_000;
    if (due > performance.now()) await pause(due - performance.now());
    underWay.push(
      fetch(`http://127.0.0.1:${ingest.port}${shot.path}`, { method: "POST", headers: shot.headers, body: shot.body }).then(
        async (answer) => {
          await answer.arrayBuffer();
          if (answer.status !== 200) throw new Error(`ingest answered ${answer.status}`);
          acknowledged.set(keyOf(sent[i]?.tenantId, sent[i]?.sample.id), performance.timeOrigin + performance.now());
        },
      ),
    );
  }
  await Promise.all(underWay);
  const took = await untilCommitted(bed, acknowledged);
  return { perSecond: options.perSecond, deliveries: took.length, p50: quantile(took, 0.5), p99: quantile(took, 0.99) };
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

function keyOf(tenantId: string | undefined, eventId: string | undefined): string {
  return `${tenantId} ${eventId}`;
}
