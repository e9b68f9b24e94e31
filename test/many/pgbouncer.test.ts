import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { appProcesses } from "../support/app-processes.ts";
import { ConsoleClient } from "../support/console-client.ts";
import { startFleet, type Fleet } from "../support/fleet.ts";
import { pgbouncer, startPgBouncer, type PgBouncer } from "../support/pgbouncer.ts";
import { ADMIN_TOKEN } from "../support/pipeline.ts";
import { freshDatabase, freshRedis } from "../support/services.ts";
import { twoHistories } from "./two-histories.ts";

// Six processes start here, on machines that may be busy with other tests.
jest.setTimeout(180_000);

const program = pgbouncer();

(program === null ? describe.skip : describe)(`through PgBouncer in transaction mode${program === null ? ", which can't be had here," : ""}`, () => {
  const apps = appProcesses();
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let redis: Awaited<ReturnType<typeof freshRedis>>;
  let pooler: PgBouncer;
  let fleet: Fleet;

  beforeAll(async () => {
    [database, redis] = await Promise.all([freshDatabase(), freshRedis()]);
    pooler = await startPgBouncer(program ?? "", database.url);
    fleet = await startFleet(apps, { DATABASE_URL: pooler.url, REDIS_URL: redis.url });
  });

  afterAll(async () => {
    await apps.stop();
    await pooler.stop();
    await redis.stop();
    await database.drop();
  });

  it("two of each app make of shuffled and repeated deliveries what they make of the same ones in their order, each once", async () => {
    const apis = [new ConsoleClient(fleet.consoles[0].url, ADMIN_TOKEN), new ConsoleClient(fleet.consoles[1].url, ADMIN_TOKEN)] as const;
    const { customers, balance, shuffled, inOrder } = await twoHistories(apis, fleet.ingests.map(({ url }) => url), 90_000);
    expect([balance.refused, balance.lost, balance.doubled, balance.failed]).toEqual([[], [], [], []]);
    expect(shuffled).toEqual(inOrder);
    expect(shuffled.contacts).toHaveLength(customers);
  });
});
