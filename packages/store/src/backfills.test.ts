import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { addContact, addTenant, openScene } from "../test/scene.ts";
import {
  cancelBackfill,
  finishBackfill,
  latestBackfill,
  loadActiveBackfills,
  loadBackfill,
  saveBackfillProgress,
  noteBackfillWaits,
  startBackfill,
  type BackfillProgress,
} from "./backfills.ts";
import { eraseContact } from "./erase.ts";
import { removeIntegration, saveIntegration } from "./integrations.ts";
import { withStreams } from "./record/stream.ts";

let scene: Awaited<ReturnType<typeof openScene>>;
let tenantId: string;
let tenants = 0;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());
beforeEach(async () => {
  tenantId = `tenant-${++tenants}`;
  await addTenant(scene.store, tenantId);
  await saveIntegration(scene.store, tenantId, "clerk", { apiKey: "sk_test_0123456789" });
  // The first key began one.
  await cancelBackfill(scene.store, tenantId);
});

async function started(): Promise<string> {
  const start = await startBackfill(scene.store, tenantId);
  if (start.kind !== "started") throw new Error(start.kind);
  return start.backfill.id;
}

function savePage(id: string, page: Partial<BackfillProgress> = {}): Promise<boolean> {
  return withStreams(scene.store.pool, [tenantId], (transaction) =>
    saveBackfillProgress(transaction, id, {
      total: 10,
      seen: 2,
      created: 1,
      updated: 1,
      skipped: 0,
      cursor: { after: "user_2" },
      from: { cursor: null, erasures: 0 },
      ...page,
    }),
  );
}

const namesNobody = () => ({ isRead: false, ids: [], addresses: [] });

describe("starting a backfill", () => {
  it("starts one where several ask at once", async () => {
    const starts = await Promise.all([1, 2, 3, 4].map(() => startBackfill(scene.store, tenantId)));
    expect(starts.map(({ kind }) => kind).sort()).toEqual(["running", "running", "running", "started"]);
    const ids = starts.map((start) => (start.kind === "no_api_key" ? null : start.backfill.id));
    expect(new Set(ids).size).toBe(1);
  });

  it("needs an API key", async () => {
    await saveIntegration(scene.store, tenantId, "clerk", { apiKey: null });
    expect(await startBackfill(scene.store, tenantId)).toEqual({ kind: "no_api_key" });
  });

  it("starts another once the last one ended, and shows the latest", async () => {
    await finishBackfill(scene.store, await started(), { status: "done" });
    const second = await started();
    expect(await latestBackfill(scene.store, tenantId)).toMatchObject({ id: second, status: "waiting", seen: 0, total: null });
  });

  it("keeps the last twenty", async () => {
    for (let n = 0; n < 23; n++) await finishBackfill(scene.store, await started(), { status: "done" });
    const { rows } = await scene.store.pool.query("SELECT id FROM backfills WHERE tenant_id = $1", [tenantId]);
    expect(rows).toHaveLength(20);
  });
});

describe("a backfill under way", () => {
  it("adds up what its pages bring, and remembers where it stands", async () => {
    const id = await started();
    expect(await savePage(id)).toBe(true);
    const next = { from: { cursor: { after: "user_2" }, erasures: 0 }, cursor: { after: "user_5" } };
    expect(await savePage(id, { ...next, total: null, seen: 3, skipped: 3, created: 0, updated: 0 })).toBe(true);
    expect(await loadBackfill(scene.store, id)).toMatchObject({
      tenantId, total: 10, seen: 5, created: 1, updated: 1, skipped: 3, cursor: { after: "user_5" },
    });
  });

  it("counts a page once, also where two processes bring it", async () => {
    const id = await started();
    const both = await Promise.all([savePage(id), savePage(id)]);
    expect(both.sort()).toEqual([false, true]);
    expect(await savePage(id, { from: { cursor: { after: "user_2" }, erasures: 0 }, cursor: { after: "user_4" } })).toBe(true);
    expect(await loadBackfill(scene.store, id)).toMatchObject({ seen: 4, cursor: { after: "user_4" } });
  });

  it("is found by whoever looks after those without a job", async () => {
    const id = await started();
    await savePage(id);
    expect((await loadActiveBackfills(scene.store)).find((backfill) => backfill.id === id)).toMatchObject({ status: "running" });
  });

  it("is held up once a worker says that it waits, and not while it waits for a worker", async () => {
    const id = await started();
    expect(await latestBackfill(scene.store, tenantId)).toMatchObject({ id, status: "waiting", isHeldUp: false });
    await scene.store.pool.query(
      "UPDATE backfills SET started_at = started_at - interval '1 s', progress_at = progress_at - interval '1 s' WHERE tenant_id = $1",
      [tenantId],
    );
    await noteBackfillWaits(scene.store, id);
    expect(await latestBackfill(scene.store, tenantId)).toMatchObject({ status: "waiting", isHeldUp: true });
    await savePage(id);
    expect(await latestBackfill(scene.store, tenantId)).toMatchObject({ status: "running", isHeldUp: false });
  });

  it("writes nothing of the page in hand once it is canceled", async () => {
    const id = await started();
    expect(await cancelBackfill(scene.store, tenantId)).toMatchObject({ id, status: "canceled" });
    expect(await savePage(id)).toBe(false);
    expect(await noteBackfillWaits(scene.store, id)).toBe(false);
    expect(await latestBackfill(scene.store, tenantId)).toMatchObject({ status: "canceled", seen: 0 });
  });

  it("writes nothing of a page that was in hand while somebody was erased, and goes on with one that was fetched since", async () => {
    const id = await started();
    await eraseContact(scene.store, tenantId, await addContact(scene.store, tenantId), namesNobody);
    expect(await savePage(id)).toBe(false);
    const { cursor = null, erasures = 0 } = (await loadBackfill(scene.store, id)) ?? {};
    expect(await savePage(id, { from: { cursor, erasures } })).toBe(true);
  });

  it("writes its page where nobody was there to be erased, and where it was another tenant's", async () => {
    const id = await started();
    await addTenant(scene.store, `${tenantId}-other`);
    const others = await addContact(scene.store, `${tenantId}-other`);
    expect(await eraseContact(scene.store, tenantId, others, namesNobody)).toBe(false);
    expect(await eraseContact(scene.store, `${tenantId}-other`, others, namesNobody)).toBe(true);
    expect(await savePage(id)).toBe(true);
  });
});

describe("a backfill that ended", () => {
  it("tells why it failed", async () => {
    const id = await started();
    await finishBackfill(scene.store, id, { status: "failed", error: "Clerk refused the API key\0" });
    const ended = await latestBackfill(scene.store, tenantId);
    expect(ended).toMatchObject({ status: "failed", error: "Clerk refused the API key\uFFFD" });
    expect(ended?.finishedAt).toEqual(expect.any(Number));
  });

  it("keeps the first end that it came to", async () => {
    const id = await started();
    await cancelBackfill(scene.store, tenantId);
    await finishBackfill(scene.store, id, { status: "done" });
    expect(await latestBackfill(scene.store, tenantId)).toMatchObject({ status: "canceled" });
    expect(await cancelBackfill(scene.store, tenantId)).toBeNull();
  });

  it.each<[string, string, (id: string) => Promise<unknown>]>([
    ["it is done", "done", (id) => finishBackfill(scene.store, id, { status: "done" })],
    ["it failed", "failed", (id) => finishBackfill(scene.store, id, { status: "failed", error: "Clerk refused the API key" })],
    ["it is canceled", "canceled", () => cancelBackfill(scene.store, tenantId)],
    ["its integration is removed", "canceled", () => removeIntegration(scene.store, tenantId, "clerk")],
  ])("no longer names the user it stood at once %s", async (_way, status, end) => {
    const id = await started();
    await savePage(id);
    await end(id);
    expect(await latestBackfill(scene.store, tenantId)).toMatchObject({ id, status, finishedAt: expect.any(Number) });
    expect((await loadBackfill(scene.store, id))?.cursor).toBeNull();
  });
});
