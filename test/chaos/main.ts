import { isDeepStrictEqual } from "node:util";
import { ConsoleClient } from "../support/console-client.ts";
import { finalState } from "../support/final-state.ts";
import { seededRandom } from "../support/random.ts";
import { livesOf, shipmentsOf } from "./history.ts";
import { keepCluster } from "./cluster.ts";
import { newDestination, sendInOrder, settledBalance } from "./ledger.ts";
import { readOptions, USAGE, type Options } from "./options.ts";
import { reportOf } from "./report.ts";
import { Senders } from "./senders.ts";
import { launchSystem, PARTS, type SystemUnderTest } from "./system.ts";
import { makeTrouble, planTroubles, sparedBy } from "./troubles.ts";
import { say, verdictOn } from "./verdict.ts";

// `npm run chaos`: a system that is killed all the time must lose nothing and double nothing. The same history is then sent
// to another tenant with nothing killed, and both must end in the same state.

/** How much longer than the troubles it may take until everything is taken, and then until everything is worked off. */
const PATIENCE_MS = 180_000;

const options = readOptions(process.argv.slice(2));
if (options === null) {
  process.stderr.write(USAGE);
  process.exit(2);
}
say(`${options.deliveries} deliveries over ${options.durationMs / 60_000} min, ${options.kills} kills, seed ${options.seed}${options.cluster ? ", on a cluster" : ""}`);
const cluster = options.cluster ? await keepCluster() : null;
const launched = await launchSystem({}, cluster);
await verdictOn(launched, async () => cluster?.stop(), (system) => run(system, options));

async function run(system: SystemUnderTest, { deliveries, durationMs, kills, seed }: Options): Promise<boolean> {
  const random = seededRandom(seed);
  const lives = livesOf(deliveries);
  const shipments = shipmentsOf(lives, random);
  const troubles = planTroubles(random, { kills, durationMs });
  const api = new ConsoleClient(system.run.urls.console, system.run.adminToken);

  const troubled = await newDestination(api, [system.run.urls.ingest], "troubled");
  const senders = new Senders(troubled, AbortSignal.timeout(durationMs + PATIENCE_MS));
  const [done] = await Promise.all([makeTrouble(system, troubles, say), senders.send(shipments, durationMs)]);
  await system.ready();
  const sentAt = Date.now();
  const balance = await settledBalance(api, troubled, lives.flat(), senders.sent, PATIENCE_MS);
  const drainMs = Date.now() - sentAt;

  const calm = await newDestination(api, [system.run.urls.ingest], "calm");
  await sendInOrder(api, calm, lives, PATIENCE_MS);
  const [disturbed, undisturbed] = [await finalState(api, troubled.tenantId), await finalState(api, calm.tenantId)];
  const isSame = isDeepStrictEqual(disturbed, undisturbed);

  for (const line of reportOf({ sent: lives.flat().length, senders: senders.sent, balance, done, drainMs, isSame, contacts: disturbed.contacts.length, moments: disturbed.moments.length })) say(line);
  const empty = [balance.refused, balance.lost, balance.doubled, balance.failed].every((ids) => ids.length === 0);
  // Where there are enough kills each part has its turn: one that was spared would be proved nothing of.
  const allKilled = kills < PARTS.length || sparedBy(done).length === 0;
  return allKilled && empty && isSame && senders.sent.unexpected.size === 0 && disturbed.contacts.length === lives.length;
}
