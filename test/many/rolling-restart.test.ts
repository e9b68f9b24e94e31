import { afterAll, beforeAll, expect, it, jest } from "@jest/globals";
import { setTimeout as pause } from "node:timers/promises";
import { newDestination, settledBalance } from "../chaos/ledger.ts";
import { Senders } from "../chaos/senders.ts";
import { appProcesses, type AppProcess } from "../support/app-processes.ts";
import { openBalancer, type Balancer } from "../support/balancer.ts";
import { ConsoleClient } from "../support/console-client.ts";
import { startFleet, type Fleet, type Pair } from "../support/fleet.ts";
import { lifeOf, type Happening } from "../support/lives.ts";
import { ADMIN_TOKEN } from "../support/pipeline.ts";
import { freshDatabase, freshRedis } from "../support/services.ts";

// Six processes start here, on machines that may be busy with other tests.
jest.setTimeout(180_000);

const PATIENCE_MS = 90_000;

const apps = appProcesses();
/** Ends what would go on without end where a test does not come to its own. */
const over = new AbortController();
let database: Awaited<ReturnType<typeof freshDatabase>>;
let redis: Awaited<ReturnType<typeof freshRedis>>;
let fleet: Fleet;
let toIngest: Balancer;
let toConsole: Balancer;

beforeAll(async () => {
  [database, redis] = await Promise.all([freshDatabase(), freshRedis()]);
  // Each ingest as on a machine with two cores: both of its processes have to be taken out.
  fleet = await startFleet(apps, { DATABASE_URL: database.url, REDIS_URL: redis.url, DRAIN_SECONDS: "1", INGEST_PROCESSES: "2" });
  [toIngest, toConsole] = await Promise.all([balanced(fleet.ingests), balanced(fleet.consoles)]);
});

afterAll(async () => {
  over.abort();
  await Promise.all([toIngest.close(), toConsole.close()]);
  await apps.stop();
  await redis.stop();
  await database.drop();
});

it("two rounds of restarts under load refuse no request, lose no delivery and double none", async () => {
  const api = new ConsoleClient(toConsole.url, ADMIN_TOKEN);
  const to = await newDestination(api, [toIngest.url], "rolling");
  // However long the restarts take on a busy machine: what is sent again is found below.
  const senders = new Senders(to, over.signal);
  const restarting = new AbortController();
  const [delivered, asked] = [deliverWhile(senders, restarting.signal), askWhile(api, to.tenantId, restarting.signal)];
  try {
    for (const round of [0, 1] as const) await Promise.all([fleet.ingests, fleet.workers, fleet.consoles].map((pair) => restart(pair[round])));
  } finally {
    restarting.abort();
  }

  const happenings = await delivered;
  expect(await asked).toBeGreaterThan(10);
  expect([toIngest.broken, toConsole.broken]).toEqual([[], []]);
  expect([senders.sent.refused, [...senders.sent.unexpected]]).toEqual([0, []]);
  const balance = await settledBalance(api, to, happenings, senders.sent, PATIENCE_MS);
  expect(balance).toEqual({ acknowledged: happenings.length, recorded: happenings.length, refused: [], lost: [], doubled: [], failed: [] });
});

function balanced(pair: Pair): Promise<Balancer> {
  return openBalancer(pair.map(({ url }) => url));
}

async function restart(app: AppProcess): Promise<void> {
  expect(await app.end("SIGTERM")).toBe(0);
  await app.again();
}

const EVERY_MS = 40;

/** One life after the other, at a steady rate. Answers what was sent. */
async function deliverWhile(senders: Senders, restarting: AbortSignal): Promise<Happening[]> {
  const happenings: Happening[] = [];
  const underWay: Promise<void>[] = [];
  for (let customer = 0; !restarting.aborted; customer++) {
    for (const happening of lifeOf(`customer${customer}`, Date.UTC(2026, 8, 1))) {
      happenings.push(happening);
      underWay.push(senders.deliver(happening));
      await pause(EVERY_MS);
    }
  }
  await Promise.all(underWay);
  return happenings;
}

/** Looks at the list of contacts again and again. Answers how often. */
async function askWhile(api: ConsoleClient, tenantId: string, restarting: AbortSignal): Promise<number> {
  let times = 0;
  for (; !restarting.aborted; times++) {
    await api.ask("GET", `tenants/${tenantId}/contacts`);
    await pause(EVERY_MS);
  }
  return times;
}
