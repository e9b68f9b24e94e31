import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { openStore, type Store } from "@mara/store";
import { sampleJob } from "../../test/deliveries.ts";
import { keyring, newTenant, rowsOf, testLog, testStore, until } from "../../test/store.ts";
import { Closing, createPatience, type Patience } from "./patience.ts";
import { createRecorder, UnknownTenant, type Recorder } from "./recorder.ts";

let database: Awaited<ReturnType<typeof testStore>>;
let store: Store;
let patience: Patience;
let recorder: Recorder;
/** One whose stream is held until `letGo`, and one whose stream is free. */
let held: string;
let free: string;
let letGo: () => Promise<void>;

beforeAll(async () => {
  database = await testStore();
  store = database.store;
});
afterAll(() => database.close());
beforeEach(async () => {
  const { log } = testLog();
  patience = createPatience(log);
  recorder = createRecorder({ store, log, patience });
  [held, free] = [await newTenant(store), await newTenant(store)];
  letGo = await hold(held);
});
afterEach(() => letGo());

/** Holds a tenant's stream, as an erasure or a page of a backfill does. Answers what lets it go. */
async function hold(tenantId: string): Promise<() => Promise<void>> {
  const holder = await store.pool.connect();
  await holder.query("BEGIN");
  await holder.query("SELECT FROM streams WHERE tenant_id = $1 FOR UPDATE", [tenantId]);
  let isHeld = true;
  return async () => {
    if (!isHeld) return;
    isHeld = false;
    await holder.query("COMMIT");
    holder.release();
  };
}

/** Resolves when somebody waits for a stream. */
const somebodyWaits = () =>
  until(async () => (await rowsOf(store, "", "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND $1 = ''")).length > 0);

const jobOf = (tenantId: string, seed: string) => sampleJob(tenantId, "polar", "order.paid", { seed });
const eventsOf = (tenantId: string) => rowsOf<{ seq: string }>(store, tenantId, "SELECT seq FROM events WHERE tenant_id = $1 ORDER BY seq");

describe("while one tenant's stream is held", () => {
  it("the others of its batch are recorded, and it is as soon as it can be", async () => {
    const waits = recorder.record(jobOf(held, "a"));
    expect(await recorder.record(jobOf(free, "b"))).toBe("processed");
    expect(await eventsOf(held)).toEqual([]);
    await letGo();
    expect(await waits).toBe("processed");
  });

  it("those who come while it is waited for are recorded", async () => {
    const waits = recorder.record(jobOf(held, "a"));
    await somebodyWaits();
    expect(await recorder.record(jobOf(free, "b"))).toBe("processed");
    await letGo();
    expect(await waits).toBe("processed");
  });

  it("more of its deliveries than a batch carries hold up nobody, and all of them are recorded in the end", async () => {
    const waits = Array.from({ length: 700 }, (_, i) => recorder.record(jobOf(held, `a${i}`)));
    expect(await recorder.record(jobOf(free, "b"))).toBe("processed");
    await letGo();
    await Promise.all(waits);
    expect((await eventsOf(held)).map(({ seq }) => seq)).toEqual(Array.from({ length: 700 }, (_, i) => String(i + 1)));
  });

  it("a tenant that does not exist is told so", async () => {
    const waits = recorder.record(jobOf(held, "a"));
    await expect(recorder.record(jobOf("nobody", "b"))).rejects.toThrow(UnknownTenant);
    await letGo();
    await waits;
  });

  it("its deliveries are given back once the process is about to stop", async () => {
    const waits = recorder.record(jobOf(held, "a")).catch((error: unknown) => error);
    await somebodyWaits();
    patience.end();
    expect(await waits).toBeInstanceOf(Closing);
    expect(await eventsOf(held)).toEqual([]);
  });
});

describe("processes that share tenants", () => {
  it("write large batches all the same, and each tenant's events one after the other", async () => {
    const [jobsOfEach, inHand] = [300, 300];
    const tenants = await Promise.all(Array.from({ length: 20 }, () => newTenant(store)));
    const jobs = Array.from({ length: jobsOfEach }, (_, i) => tenants.map((tenantId) => jobOf(tenantId, `p${i}`))).flat();
    const all = jobs.length;
    const { log } = testLog();
    const others = [1, 2, 3].map(() => openStore({ databaseUrl: database.url, keyring }));
    let commits = 0;
    const recorders = others.map((each) => createRecorder({ store: each, log, patience: createPatience(log), onCommit: () => commits++ }));
    // As a worker does: so many in hand, and another one for each that is done.
    const work = async (each: Recorder) => {
      for (let job = jobs.pop(); job; job = jobs.pop()) await each.record(job);
    };
    await Promise.all(recorders.flatMap((each) => Array.from({ length: inHand }, () => work(each))));
    await Promise.all(others.map((other) => other.close()));
    for (const tenantId of tenants) {
      expect((await eventsOf(tenantId)).map(({ seq }) => seq)).toEqual(Array.from({ length: jobsOfEach }, (_, i) => String(i + 1)));
    }
    // If each batch had one tenant's alone, it would carry a twentieth of what is in hand.
    expect(all / commits).toBeGreaterThan(inHand / 5);
  });
});
