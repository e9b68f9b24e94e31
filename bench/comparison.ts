import { spawnSync } from "node:child_process";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import { freePort } from "../launch/services/free-port.ts";
import { countRecorded, untilAnswers, type Bed } from "./measure/bed.ts";
import { fire, MOST_PER_SECOND } from "./measure/load.ts";
import { drained, EVENTS } from "./measure/queue.ts";
import { alternate, figure } from "./measure/rounds.ts";
import { table } from "./measure/table.ts";
import { shotsOf, traffic } from "./measure/traffic.ts";
import { wipe } from "./measure/wipe.ts";
import type { Part } from "./part.ts";

/** What stands beside us. Installed for the run, in a folder of its own. */
const ENGINE = { "@supabase/stripe-sync-engine": "0.48.5", express: "5.3.0", stripe: "23.1.0" };

/** The same Stripe events, signed alike, at the common way to put them into Postgres; a burst of them at ours, and then what the worker makes of it. */
export const comparison: Part = {
  title: "Comparison: the same Stripe events at @supabase/stripe-sync-engine, which answers once they are written",
  fires: true,
  measure: async ({ bed, short }) => {
    const seconds = short ? 2 : 8;
    const dir = await installEngine(bed);
    await bed.store.pool.query("CREATE DATABASE sync_engine");
    // Its migrations hand what they make to this role.
    await bed.store.pool.query("CREATE ROLE postgres");
    const port = await freePort();
    const engine = bed.script(join(dir, "sync-engine.cjs"), {
      PORT: String(port),
      DATABASE_URL: bed.postgres.url.replace(/\/[^/]*$/, "/sync_engine"),
      STRIPE_SECRET: bed.secrets.stripe,
    });
    await untilAnswers(`http://127.0.0.1:${port}/readyz`);
    const ingest = await bed.app("ingest");
    const redis = new Redis(bed.redis.url);
    const committed: number[] = [];
    let round = 0;
    try {
      const volley = (to: number, most: number) =>
        fire(to, shotsOf(bed, traffic(bed, most * seconds, "stripe", `c${round++}`)), { seconds });
      const [theirs, ours] = await alternate(
        [
          { name: "engine", run: async () => (await volley(port, 5_000)).perSecond },
          {
            name: "ours",
            run: async () => {
              await wipe(bed.postgres.url);
              const { perSecond, answered } = await volley(ingest.port, MOST_PER_SECOND);
              const worker = await bed.app("worker");
              committed.push(await drained(redis, EVENTS, answered));
              await worker.stop();
              const recorded = await countRecorded(bed.store);
              if (recorded < answered) throw new Error(`${answered} were acknowledged but ${recorded} committed`);
              return perSecond;
            },
          },
        ],
        short ? 1 : 3,
      );
      if (!theirs || !ours) throw new Error("a contender did not run");
      const written = figure(committed.slice(1));
      return {
        ratios: { acknowledged: ours.median / theirs.median, committed: written.median / theirs.median },
        figures: { engine: ENGINE, theirs, acknowledged: ours, committed: written },
        said: [
          ...table([["stripe-sync-engine", theirs], ["ours, acknowledged", ours], ["ours, committed", written]]),
          `Acknowledged ${(ours.median / theirs.median).toFixed(1)} times as fast, and then committed ${(written.median / theirs.median).toFixed(1)} times as fast.`,
        ],
      };
    } finally {
      redis.disconnect();
      await Promise.all([engine.stop(), ingest.stop()]);
    }
  },
};

async function installEngine(bed: Bed): Promise<string> {
  const dir = join(bed.dir, "sync-engine");
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, "package.json"), JSON.stringify({ private: true, dependencies: ENGINE }));
  await copyFile(join(import.meta.dirname, "comparison/sync-engine.cjs"), join(dir, "sync-engine.cjs"));
  const npm = spawnSync("npm", ["install", "--no-audit", "--no-fund", "--silent"], { cwd: dir, stdio: "inherit" });
  if (npm.status !== 0) throw new Error("the engine to compare with could not be installed");
  return dir;
}
