import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { connectors } from "@mara/connectors";
import { livesOf, shipmentsOf } from "../chaos/history.ts";
import { newDestination, settledBalance } from "../chaos/ledger.ts";
import { Senders } from "../chaos/senders.ts";
import { appProcesses } from "../support/app-processes.ts";
import { ConsoleClient } from "../support/console-client.ts";
import { eventually } from "../support/eventually.ts";
import { startFleet, type Fleet } from "../support/fleet.ts";
import { LIFE } from "../support/lives.ts";
import { ADMIN_TOKEN } from "../support/pipeline.ts";
import { sampleOf, sendSigned } from "../support/provider-client.ts";
import { seededRandom } from "../support/random.ts";
import { startRedisCluster, type ClusterNode, type RedisCluster } from "../support/redis-cluster.ts";
import { freshDatabase } from "../support/services.ts";
import { twoHistories } from "./two-histories.ts";

// Six processes start here, on machines that may be busy with other tests.
jest.setTimeout(180_000);

const SHARDS = 6;
const PATIENCE_MS = 90_000;

const apps = appProcesses();
let database: Awaited<ReturnType<typeof freshDatabase>>;
let cluster: RedisCluster;
let fleet: Fleet;
let ingestUrls: readonly string[];
/** The two consoles. */
let api: ConsoleClient;
let other: ConsoleClient;

beforeAll(async () => {
  [database, cluster] = await Promise.all([freshDatabase(), startRedisCluster()]);
  fleet = await startFleet(apps, { DATABASE_URL: database.url, REDIS_URL: cluster.url, EVENT_SHARDS: String(SHARDS), REDIS_REPLICAS: "1" });
  ingestUrls = fleet.ingests.map(({ url }) => url);
  [api, other] = [new ConsoleClient(fleet.consoles[0].url, ADMIN_TOKEN), new ConsoleClient(fleet.consoles[1].url, ADMIN_TOKEN)];
});

afterAll(async () => {
  await apps.stop();
  await cluster.stop();
  await database.drop();
});

const BALANCED = { refused: [], lost: [], doubled: [], failed: [] };

describe("two of each app on a Redis Cluster of three primaries", () => {
  it("make of shuffled and repeated deliveries what they make of the same ones in their order, each once", async () => {
    const { customers, balance, shuffled, inOrder } = await twoHistories([api, other], ingestUrls, PATIENCE_MS);
    expect(balance).toMatchObject(BALANCED);
    expect(shuffled).toEqual(inOrder);
    expect(shuffled.contacts).toHaveLength(customers);
  });

  it("take a new signing secret, and refuse the old one, as soon as either console has it", async () => {
    const { tenantId, secrets } = await newDestination(api, ingestUrls, "rotated");
    const secret = connectors.polar.makeSecret(Buffer.alloc(24, 5));
    let seeds = 0;
    const statuses = (signedWith: string) =>
      Promise.all(ingestUrls.map(async (url) => (await sendSigned(url, tenantId, "polar", sampleOf("polar", "order.paid", { at: Date.now(), seed: `r${++seeds}` }), signedWith)).status));
    await eventually(() => statuses(secrets.polar), (both) => both.every((status) => status === 200));
    await other.saveIntegration(tenantId, "polar", { signingSecret: secret, overlapHours: 0 });
    await eventually(() => statuses(secrets.polar), (both) => both.every((status) => status === 401));
    await eventually(() => statuses(secret), (both) => both.every((status) => status === 200));
  });

  it("lose nothing and double nothing when a primary is killed under load, and go on by themselves", async () => {
    const [victim] = await primariesOfShards();
    if (victim === undefined) throw new Error("there is no primary");
    const tenants = await Promise.all(Array.from({ length: 8 }, (_, i) => newDestination(api, ingestUrls, `loaded-${i}`)));
    const lives = livesOf(2 * LIFE.length);
    const sent = tenants.map((to, i) => {
      const senders = new Senders(to, AbortSignal.timeout(PATIENCE_MS));
      return { to, senders, done: senders.send(shipmentsOf(lives, seededRandom(i)), 10_000) };
    });
    const attempts = () => sent.reduce((sum, { senders }) => sum + senders.sent.attempts, 0);
    await eventually(attempts, (count) => count > 100);
    await victim.kill();
    await eventually(async () => (await primariesOfShards().catch(() => [victim])).includes(victim), (isServing) => !isServing);
    await victim.start();
    await Promise.all(sent.map(({ done }) => done));
    for (const { to, senders } of sent) {
      expect(await settledBalance(api, to, lives.flat(), senders.sent, PATIENCE_MS)).toMatchObject({ ...BALANCED, acknowledged: lives.flat().length });
      expect(await api.contacts(to.tenantId)).toHaveLength(lives.length);
    }
    expect(sent.some(({ senders }) => senders.sent.refused > 0)).toBe(true);
    await eventually(cluster.isWhole, (isWhole) => isWhole);
  });
});

/** Of each shard's queue, the node that has it; the one that has most comes first. */
async function primariesOfShards(): Promise<ClusterNode[]> {
  const holders = await Promise.all(Array.from({ length: SHARDS }, (_, shard) => cluster.primaryOf(`{mara:events-${shard}}:`)));
  const share = (node: ClusterNode) => holders.filter((holder) => holder === node).length;
  return [...holders].sort((a, b) => share(b) - share(a));
}
