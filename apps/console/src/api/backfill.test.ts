import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { cancelBackfill, latestBackfill, saveIntegration } from "@mara/store";
import { openConsole, type OpenConsole } from "../../test/open-console.ts";

let console: OpenConsole;

beforeAll(async () => {
  console = await openConsole();
});
afterAll(() => console.close());

const pathOf = (tenantId: string) => `/api/tenants/${tenantId}/integrations/clerk/backfill`;

/** A tenant with an API key, whose first backfill was stopped. */
async function tenantWithKey(): Promise<string> {
  const { id } = await console.tenant();
  await saveIntegration(console.backing.store, id, "clerk", { apiKey: "sk_test_abcdefghijklmnopqrstuvwxyz" });
  await cancelBackfill(console.backing.store, id);
  return id;
}

const begun = {
  id: expect.any(String),
  status: "waiting",
  total: null,
  seen: 0,
  created: 0,
  updated: 0,
  skipped: 0,
  startedAt: expect.stringMatching(/Z$/),
  finishedAt: null,
  error: null,
};

describe("a backfill", () => {
  it("starts, and its job is on the queue", async () => {
    const id = await tenantWithKey();
    const { status, body } = await console.ask("POST", pathOf(id));
    expect([status, body]).toEqual([202, begun]);
    const backfill = await latestBackfill(console.backing.store, id);
    const jobs = await Promise.all(console.backing.desk.queues.map((queue) => queue.getJobs()));
    expect(jobs.flat().map((job) => job.data)).toContainEqual({ tenantId: id, backfillId: backfill?.id });
  });

  it("is one at a time, however often it is asked for at once", async () => {
    const id = await tenantWithKey();
    const answers = await Promise.all(Array.from({ length: 5 }, () => console.ask("POST", pathOf(id))));
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([202, 409, 409, 409, 409]);
    expect(answers.filter((answer) => answer.status === 409).map((answer) => answer.body)).toEqual(
      Array(4).fill({ error: "backfill_running" }),
    );
  });

  it("does not start without an API key", async () => {
    const { id } = await console.tenant();
    const { status, body } = await console.ask("POST", pathOf(id));
    expect([status, body]).toEqual([412, { error: "no_api_key" }]);
  });

  it("can be looked at from when it started", async () => {
    const id = await tenantWithKey();
    const started = await console.ask("POST", pathOf(id));
    const { status, body } = await console.ask("GET", pathOf(id));
    expect([status, body]).toEqual([200, started.body]);
  });

  it.each(["GET", "DELETE"])("is not found by %s where there never was one", async (method) => {
    const { id } = await console.tenant();
    const { status, body } = await console.ask(method, pathOf(id));
    expect([status, body]).toEqual([404, { error: "not_found" }]);
  });

  it("is stopped, stays so when it is stopped again, and can be started anew", async () => {
    const id = await tenantWithKey();
    await console.ask("POST", pathOf(id));
    const first = await console.ask("DELETE", pathOf(id));
    const second = await console.ask("DELETE", pathOf(id));
    expect([first.status, first.body]).toEqual([
      202,
      { ...begun, status: "canceled", finishedAt: expect.stringMatching(/Z$/) },
    ]);
    expect([second.status, second.body]).toEqual([202, first.body]);
    expect((await console.ask("POST", pathOf(id))).status).toBe(202);
  });

  it.each(["stripe", "polar"])("is Clerk's alone: not found for %s", async (provider) => {
    const id = await tenantWithKey();
    const { status } = await console.ask("POST", `/api/tenants/${id}/integrations/${provider}/backfill`);
    expect(status).toBe(404);
  });
});
