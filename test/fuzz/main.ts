import { startFakeClerk } from "../support/fake-clerk.ts";
import { launchSystem, type SystemUnderTest } from "../chaos/system.ts";
import { say, verdictOn } from "../chaos/verdict.ts";
import { effectsOf, lookAt, problemsInLog } from "./aftermath.ts";
import { startHonestSender } from "./honest-sender.ts";
import { readOptions, USAGE, type Options } from "./options.ts";
import { grownApps, memoryOf, processesOf, replacedApps } from "./processes.ts";
import { findingLine, reportOf } from "./report.ts";
import { newTally, runCase, runCases, type Finding } from "./run.ts";
import { OTHERS, sendSlowly } from "./slow-senders.ts";
import { makeWorld, TENANTS, type World } from "./world.ts";

// `npm run fuzz`: whatever strangers send, in whatever form, has no effect that it should not have, and holds nobody up.

/** After so many cases everything has been used once: pools are full, code is compiled. */
const WARM_UP = 0.2;

const options = readOptions(process.argv.slice(2));
if (options === null) {
  process.stderr.write(USAGE);
  process.exit(2);
}
say(`${options.only === null ? `${options.cases} cases` : `case ${options.only}`}, seed ${options.seed}`);
// Imports go nowhere but to this machine.
const clerk = await startFakeClerk();
const launched = await launchSystem({ CLERK_API_URL: clerk.url, LOG_LEVEL: "debug" });
await verdictOn(launched, () => clerk.close(), (system) =>
  options.only === null ? fuzz(system, options) : show(system, options.seed, options.only),
);

async function fuzz(system: SystemUnderTest, { seed, cases, idle, slow }: Options): Promise<boolean> {
  const startedAt = Date.now();
  const findings: Finding[] = [];
  const found = (finding: Finding) => {
    findings.push(finding);
    say(findingLine(finding, seed));
  };
  const world = await makeWorld(system, seed);
  const bystander = await lookAt(world, TENANTS.bystander);
  const processes = await processesOf(system);
  const honestSender = startHonestSender(world);
  const tally = newTally();

  const warmUp = Math.ceil(cases * WARM_UP);
  await runCases(world, seed, 0, warmUp - 1, tally, found);
  const before = memoryOf(processes);
  const [{ held, kept }] = await Promise.all([sendSlowly(world, { idle, slow }, processes), runCases(world, seed, warmUp, cases - 1, tally, found)]);
  const honest = await honestSender.stop();

  const problems = [
    ...(kept !== null && kept > OTHERS ? [`${kept} connections are still there after they were ended`] : []),
    ...held.filter(({ refused, left, unexpected }) => refused + left + unexpected.length > 0).map((one) => `slow senders were not ended as they should be: ${JSON.stringify({ ...one, answers: [...one.answers] })}`),
    ...(await effectsOf(world, tally, honest, bystander)),
    ...(await problemsInLog(launched.logFile, world)),
  ];
  const after = memoryOf(processes);
  for (const app of replacedApps(processes, await processesOf(system))) problems.push(`${app} is not the process any more that it was`);
  for (const app of grownApps(before, after)) problems.push(`the memory of ${app} grew`);
  for (const problem of problems) found({ number: null, what: "afterwards", problem });
  for (const line of reportOf({ seed, tally, honest, held, memory: { before, after }, seconds: (Date.now() - startedAt) / 1_000 }, findings)) say(line);
  return findings.length === 0;
}

async function show(system: SystemUnderTest, seed: number, number: number): Promise<boolean> {
  const world: World = await makeWorld(system, seed);
  const { fuzzed, exchanged, problem } = await runCase(world, seed, number);
  say(fuzzed.what);
  say(`\n${JSON.stringify(fuzzed.bytes.subarray(0, 20_000).toString("latin1"))}\n`);
  say(exchanged.kind === "answered" ? `${exchanged.answer.status} ${JSON.stringify([...exchanged.answer.headers])}\n${exchanged.answer.body.slice(0, 4_000)}` : exchanged.kind);
  if (problem !== null) say(findingLine({ number, what: fuzzed.what, problem }, seed));
  return problem === null;
}
