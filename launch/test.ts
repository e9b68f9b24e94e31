import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { findChromium } from "./chromium.ts";
import { withoutOwnVariables } from "./own-variables.ts";
import { redisProgram } from "./services/redis-program.ts";
import { installPackage } from "./system-packages.ts";
import { runToEnd } from "./run-to-end.ts";

// `npm test`: everything that proves the product, from nothing. The last line says how much passed and how much failed; lint
// and types count as one each.

const root = dirname(import.meta.dirname);
const output = join(root, "test/.output");
const say = (line: string) => void process.stdout.write(`${line}\n`);
const score = { passed: 0, failed: 0 };

await check("Lint", async () => runs("oxlint/bin/oxlint", "--deny-warnings"));
await check("Types", async () => (await runs("typescript/bin/tsc", "-b")) && (await runs("typescript/bin/tsc", "-p", "tsconfig.checks.json")));
findWhatTestsNeed();
await jest();
say(`${score.passed} passed, ${score.failed} failed`);
process.exit(score.failed === 0 ? 0 : 1);

async function check(title: string, holds: () => Promise<boolean>): Promise<void> {
  say(`${title} …`);
  if (await holds()) score.passed += 1;
  else score.failed += 1;
}

/** What is missing is said here once; the tests that need it fail by themselves. */
function findWhatTestsNeed(): void {
  try {
    redisProgram(say);
  } catch (error) {
    say(error instanceof Error ? error.message : "Redis is missing.");
  }
  if (findChromium() !== null) return;
  say("Installing chromium …");
  installPackage({ apt: "chromium", brew: "chromium" });
  if (findChromium() === null) say("Chromium is missing: install it for the browser tests.");
}

async function jest(): Promise<void> {
  say("Tests …");
  mkdirSync(output, { recursive: true });
  const results = join(output, "jest.json");
  rmSync(results, { force: true });
  // As many as a small machine has cores: with more, what must come about within seconds at times does not.
  await runs("jest/bin/jest.js", "--maxWorkers=2", "--json", `--outputFile=${results}`);
  try {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(results, "utf8"));
    score.passed += Number(numPassedTests);
    // A file that could not be run at all has no tests that failed.
    score.failed += Number(numFailedTests) + Number(numRuntimeErrorTestSuites);
  } catch {
    say("Jest ended without results.");
    score.failed += 1;
  }
}

/** Runs a program of node_modules; its output goes straight through, Jest's JSON aside. */
async function runs(program: string, ...args: string[]): Promise<boolean> {
  const status = await runToEnd(process.execPath, [join(root, "node_modules", program), ...args], {
    cwd: root,
    stdio: ["ignore", program.startsWith("jest/") ? "ignore" : "inherit", "inherit"],
    env: { ...withoutOwnVariables(process.env), NODE_OPTIONS: "--experimental-vm-modules --disable-warning=ExperimentalWarning", FORCE_COLOR: process.stdout.isTTY ? "1" : "0" },
  });
  return status === 0;
}
