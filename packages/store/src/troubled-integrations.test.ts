import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { addTenant, NOW, openScene } from "../test/scene.ts";
import { removeIntegration, saveIntegration } from "./integrations.ts";
import { saveCounts, saveHealth } from "./record/save-figures.ts";
import { withStreams } from "./record/stream.ts";
import { troubledIntegrations } from "./troubled-integrations.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let scene: Awaited<ReturnType<typeof openScene>>;
let tenantId: string;
let tenants = 0;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());
beforeEach(async () => {
  for (const table of ["connector_health", "delivery_counts"]) await scene.store.pool.query(`TRUNCATE ${table}`);
  tenantId = `tenant-${++tenants}`;
  await addTenant(scene.store, tenantId);
  await saveIntegration(scene.store, tenantId, "stripe", { signingSecret: "whsec_0123456789abcdefghijklmnop" });
});

/** Deliveries of Stripe's, so many of an outcome, so long ago. */
async function had(outcome: string, agoMs: number, count = 1): Promise<void> {
  const receivedAt = NOW - agoMs;
  await withStreams(scene.store.pool, [tenantId], async (transaction) => {
    await saveCounts(transaction, [{ tenantId, provider: "stripe", outcome, hour: receivedAt - (receivedAt % HOUR), count }]);
    await saveHealth(transaction, [
      {
        tenantId,
        provider: "stripe",
        contacts: 0,
        lastActivityAt: outcome === "rejected" ? null : receivedAt,
        lastEventType: null,
        lastProblem: null,
        lastProblemAt: null,
      },
    ]);
  });
}

async function hadOnDays(outcome: string, days: readonly number[]): Promise<void> {
  for (const day of days) await had(outcome, day * DAY);
}

const theirs = () => [{ tenantId, provider: "stripe" }];
const silent = async () => (await troubledIntegrations(scene.store, NOW)).silent;
const rejected = async () => (await troubledIntegrations(scene.store, NOW)).rejected;

describe("an integration that used to flow", () => {
  it.each(["processed", "ignored", "duplicate", "failed"])("is silent after a day without deliveries: it had %s ones", async (outcome) => {
    await hadOnDays(outcome, [7, 6, 5, 4, 3, 2]);
    expect(await silent()).toEqual(theirs());
  });

  it("is not silent as long as one came within a day", async () => {
    await hadOnDays("processed", [7, 6, 5, 4, 3, 2, 0.9]);
    expect(await silent()).toEqual([]);
  });

  it("is silent however many deliveries are rejected meanwhile", async () => {
    await hadOnDays("processed", [7, 6, 5, 4, 3, 2]);
    await had("rejected", HOUR, 500);
    expect(await silent()).toEqual(theirs());
  });

  it("is missed for some days and not for ever", async () => {
    await hadOnDays("processed", [12, 11, 10, 9, 8, 7, 6, 5]);
    expect(await silent()).toEqual([]);
  });

  it("is not missed once it was removed", async () => {
    await hadOnDays("processed", [7, 6, 5, 4, 3, 2]);
    await removeIntegration(scene.store, tenantId, "stripe");
    expect(await silent()).toEqual([]);
  });
});

describe("an integration that never flowed", () => {
  it("is not missed: deliveries came now and then", async () => {
    await hadOnDays("processed", [7, 5, 3, 2]);
    expect(await silent()).toEqual([]);
  });

  it("is not missed: all that came was rejected", async () => {
    await hadOnDays("rejected", [7, 6, 5, 4, 3, 2]);
    expect(await silent()).toEqual([]);
  });
});

describe("an integration with rejected deliveries", () => {
  it.each([
    [10, 9, HOUR],
    [10, 0, 0],
  ])("is in trouble with %d of them and %d others", async (bad, good, agoMs) => {
    await had("rejected", agoMs, bad);
    if (good > 0) await had("processed", agoMs, good);
    expect(await rejected()).toEqual(theirs());
  });

  it.each([
    ["they are few", 9, 0, HOUR],
    ["more are taken", 500, 501, HOUR],
    ["they are hours old", 500, 0, 3 * HOUR],
  ])("is in no trouble where %s", async (_case, bad, good, agoMs) => {
    await had("rejected", agoMs, bad);
    if (good > 0) await had("processed", agoMs, good);
    expect(await rejected()).toEqual([]);
  });
});
