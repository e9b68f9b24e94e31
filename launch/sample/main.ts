import { PROVIDERS } from "@mara/connectors";
import { DATA_DIR, readConfig } from "@mara/runtime";
import { dirname, resolve } from "node:path";
import { Problem } from "../problem.ts";
import { findSample, listing, playOne } from "./one.ts";
import { endWithItsReader } from "./reader.ts";
import { RunningSystem } from "./running-system.ts";
import { playStory } from "./story.ts";

// `npm run sample`: sends realistic deliveries to the system that `npm start` runs, and shows what came of them.

const USAGE = `npm run sample -- <provider> <event type>   one delivery, and the contact and event that come of it
npm run sample -- --story                    two months in the life of three customers
npm run sample -- --list                     all there is to send`;

endWithItsReader();
const { DATA_DIR: dataDir } = readConfig({ DATA_DIR }, process.env);
const root = dirname(dirname(import.meta.dirname));

try {
  process.exit((await play(process.argv.slice(2))) ? 0 : 1);
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

async function play([first, second, ...rest]: readonly string[]): Promise<boolean> {
  if (first === undefined || first === "--help") return say(USAGE);
  if (first === "--list") return say(listing(PROVIDERS));
  if (rest.length > 0 || (first.startsWith("-") && (first !== "--story" || second !== undefined))) throw new Problem(USAGE);
  // What can't be found is said before what is not running.
  if (first !== "--story") findSample(first, second ?? "");
  const system = await RunningSystem.find(resolve(root, dataDir));
  if (first !== "--story") return playOne(system, first, second ?? "");
  await playStory(system);
  return true;
}

function say(text: string): true {
  process.stdout.write(`${text}\n`);
  return true;
}
