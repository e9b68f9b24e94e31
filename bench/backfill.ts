import { connectRedis, createDesk } from "@mara/queue";
import { latestBackfill, saveIntegration, startBackfill } from "@mara/store";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "../launch/services/free-port.ts";
import type { Bed } from "./measure/bed.ts";
import { unlessStuck } from "./measure/queue.ts";
import { alternate } from "./measure/rounds.ts";
import { table } from "./measure/table.ts";
import { wipe } from "./measure/wipe.ts";
import type { Part } from "./part.ts";

const API_KEY = "sk_test_fake";

export const backfill: Part = {
  title: "Backfill: users a second from a Clerk API that answers at once, against the same upserts alone",
  fires: false,
  measure: async ({ bed, short }) => {
    const users = short ? 2_000 : 50_000;
    const tenantId = bed.tenants[0] ?? "";
    await saveIntegration(bed.store, tenantId, "clerk", { apiKey: API_KEY });
    const port = await freePort();
    const clerk = bed.program("bench/ceilings/clerk.ts", { PORT: String(port), USERS: String(users) });
    const worker = await bed.app("worker", { CLERK_API_URL: `http://127.0.0.1:${port}` });
    try {
      const [ceiling, imported] = await alternate(
        [
          { name: "upserts alone", run: () => upsertAlone(bed, tenantId, users) },
          { name: "backfill", run: () => importAll(bed, tenantId, users) },
        ],
        short ? 1 : 3,
      );
      if (!ceiling || !imported) throw new Error("a contender did not run");
      return {
        ratios: { backfill: imported.median / ceiling.median },
        figures: { users, ceiling, backfill: imported },
        said: table([["the same upserts alone", ceiling], ["backfill", imported]]),
      };
    } finally {
      await Promise.all([clerk.stop(), worker.stop()]);
    }
  },
};

async function upsertAlone(bed: Bed, tenantId: string, users: number): Promise<number> {
  await wipe(bed.postgres.url);
  const program = bed.program("bench/ceilings/bulk-upsert.ts", { TENANT: tenantId, USERS: String(users) }, "pipe");
  return Number(await program.said());
}

async function importAll(bed: Bed, tenantId: string, users: number): Promise<number> {
  await wipe(bed.postgres.url);
  const connection = connectRedis(bed.redis.url, "worker", () => undefined);
  const desk = createDesk(connection, { shards: 1 });
  try {
    const start = await startBackfill(bed.store, tenantId);
    if (start.kind !== "started") throw new Error(`the backfill did not start: ${start.kind}`);
    await desk.startBackfill(tenantId, start.backfill.id);
    const began = performance.now();
    const expectMore = unlessStuck((seen) => `the backfill stands still after ${seen} users`);
    for (;;) {
      const now = await latestBackfill(bed.store, tenantId);
      expectMore(now?.seen ?? 0);
      if (now?.status === "done") {
        if (now.seen !== users) throw new Error(`${users} users but ${now.seen} were seen`);
        return users / ((performance.now() - began) / 1_000);
      }
      if (now?.status === "failed" || now?.status === "canceled") throw new Error(`the backfill ended as ${now.status}`);
      await pause(20);
    }
  } finally {
    await desk.close();
    connection.disconnect();
  }
}
