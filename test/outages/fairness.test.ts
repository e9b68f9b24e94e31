import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { eventually } from "../support/eventually.ts";
import { openPipeline, type Pipeline, type PipelineTenant } from "../support/pipeline.ts";
import { sampleOf } from "../support/provider-client.ts";

/** What one tenant has waiting. Set to 50000 to see that it makes no difference. */
const BACKLOG = Number(process.env.FAIRNESS_BACKLOG ?? 5_000);
const AT_ONCE = 200;

let pipeline: Pipeline;

beforeAll(async () => {
  pipeline = await openPipeline({ workers: 0 });
});
afterAll(() => pipeline.close());

async function fillUp(tenant: PipelineTenant): Promise<void> {
  for (let sent = 0; sent < BACKLOG; sent += AT_ONCE) {
    const events = Array.from({ length: Math.min(AT_ONCE, BACKLOG - sent) }, (_, i) => sampleOf("polar", "order.paid", { at: Date.now(), seed: `b${sent + i}`, person: { email: `p${i}@example.com` } }));
    // As a provider would: what a busy machine refuses is sent again.
    await Promise.all(events.map((event) => eventually(() => tenant.send("polar", event), ({ status }) => status === 200)));
  }
}

const recorded = async ({ id }: PipelineTenant) => (await pipeline.store.pool.query<{ count: number }>("SELECT count(*)::int FROM events WHERE tenant_id = $1", [id])).rows[0]?.count ?? 0;

/** By Postgres' record of it: a look at what is left meanwhile comes late on a busy machine. */
async function recordedAfter(first: PipelineTenant, then: PipelineTenant): Promise<number> {
  const { rows } = await pipeline.store.pool.query<{ count: number }>(
    "SELECT count(*)::int FROM events WHERE tenant_id = $1 AND recorded_at > (SELECT max(recorded_at) FROM events WHERE tenant_id = $2)",
    [then.id, first.id],
  );
  return rows[0]?.count ?? 0;
}

it("a tenant's backlog does not hold up another tenant's event, and is worked off all the same", async () => {
  const [busy, other] = [await pipeline.tenant(), await pipeline.tenant()];
  await fillUp(busy);
  expect(await pipeline.api.pending(busy.id)).toBe(BACKLOG);
  await pipeline.startWorker();
  await eventually(() => recorded(busy), (count) => count > 0);

  const sentAt = Date.now();
  await eventually(() => other.sendSample("polar", "order.paid"), ({ status }) => status === 200);
  await eventually(() => recorded(other), (count) => count === 1);
  const tookMs = Date.now() - sentAt;

  for (let done = 0; done < BACKLOG; ) {
    const before = done;
    done = await eventually(() => recorded(busy), (count) => count > before);
  }
  await busy.settled();
  const left = await recordedAfter(other, busy);
  if (process.env.FAIRNESS_BACKLOG !== undefined) process.stderr.write(`committed in ${tookMs} ms, with ${left} of ${BACKLOG} still waiting\n`);
  expect(left).toBeGreaterThan(BACKLOG / 4);
  expect(await pipeline.api.contacts(busy.id)).toHaveLength(AT_ONCE);
});
