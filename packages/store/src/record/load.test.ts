import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { addTenant, openScene } from "../../test/scene.ts";
import { loadSubjects } from "./load.ts";
import { saveSubjects } from "./save-events.ts";
import { withStreams } from "./stream.ts";

const TENANT = "globex";
const KEY = { tenantId: TENANT, provider: "stripe", subject: "subscription:sub_1" } as const;

let scene: Awaited<ReturnType<typeof openScene>>;
beforeAll(async () => {
  scene = await openScene();
  await addTenant(scene.store, TENANT);
});
afterAll(() => scene.close());

it("a subject is loaded once, however many events of a batch are about it", async () => {
  const row = { ...KEY, history: null, firsts: { started: randomUUID() }, via: null };
  const loaded = await withStreams(scene.store.pool, [TENANT], async (transaction) => {
    await saveSubjects(transaction, [row]);
    return loadSubjects(transaction, [KEY, KEY, { ...KEY, subject: "subscription:sub_2" }, KEY]);
  });
  expect(loaded).toEqual([row]);
});
