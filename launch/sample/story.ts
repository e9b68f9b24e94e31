import { connectors, type Sample } from "@mara/connectors";
import { randomBytes } from "node:crypto";
import { Problem } from "../problem.ts";
import { findSample } from "./one.ts";
import { column, paint } from "./paint.ts";
import type { RunningSystem } from "./running-system.ts";
import { NAMES, SCENES, type Person, type Scene } from "./scenes.ts";
import { contactLines, eventLine } from "./show.ts";

const DAY = 86_400_000;
const LAST_DAY = Math.max(...SCENES.map((scene) => scene.day));

/** Plays the story with people of its own, so that it can be played any number of times, and shows what came of them. */
export async function playStory(system: RunningSystem): Promise<void> {
  const run = randomBytes(4).toString("hex");
  const beginning = Date.now() - (LAST_DAY + 1) * DAY;
  const secretOf = await system.secrets();
  // Of all of them before anything is sent: half a story would be left otherwise.
  for (const { provider } of SCENES) secretOf(provider);
  const sent: { scene: Scene; sample: Sample }[] = [];

  say(paint("dim", "Beside each delivery: what ingest answers. It calls ignored what only history can tell, and the worker may make a moment of it.\n"));
  for (const [index, scene] of SCENES.entries()) {
    const sample = sampleOf(scene, run, beginning);
    const { status, body } = await system.deliver(scene.provider, sample, secretOf(scene.provider));
    if (status !== 200) throw new Problem(`Ingest answered ${status} ${body} to ${sample.type}.`);
    sent.push({ scene, sample });
    say(sceneLine(index, scene, sample, wordOf(body)));
  }
  say(paint("dim", "\nEverything is sent. Waiting for the worker …"));
  for (const { scene, sample } of sent) await system.outcomeOf(scene.provider, sample.id);

  for (const who of people()) {
    const contacts = await system.contactsOf(emailOf(who, run));
    for (const contact of contacts) {
      say(`\n${contactLines(contact).join("\n")}`);
      for (const event of await system.eventsOf(contact.id)) say(`  ${eventLine(event)}`);
    }
    if (contacts.length === 0) say(`\n${NAMES[who]} has no contact.`);
  }
  say(`\n${SCENES.length} deliveries of ${people().length} people. See them at ${system.consoleUrl}`);
}

/** What a scene sends. `run` makes its people others than those of the next run; `beginning` in epoch milliseconds. */
export function sampleOf(scene: Scene, run: string, beginning: number): Sample {
  const { make } = findSample(scene.provider, scene.sample);
  const seed = `${run}${scene.who}`;
  const person = { email: emailOf(scene.who, run), name: NAMES[scene.who] };
  // Their shop hands its user's id, which is Clerk's, to Stripe; Polar knows people by their e-mail alone.
  const known = scene.provider === "stripe" && !scene.sample.endsWith(":guest") ? { ...person, appId: `user_${seed}` } : person;
  return make({ at: Math.round(beginning + scene.day * DAY), seed, person: known });
}

function emailOf(who: Person, run: string): string {
  return `${who}.${run}@example.com`;
}

function people(): Person[] {
  return [...new Set(SCENES.map((scene) => scene.who))];
}

function sceneLine(index: number, scene: Scene, sample: Sample, word: string): string {
  const count = `${index + 1}/${SCENES.length}`.padStart(6);
  const colour = word === "queued" ? "green" : word === "duplicate" ? "yellow" : "dim";
  const label = `${connectors[scene.provider].label} ${sample.type}`;
  return `${paint("dim", count)}  day ${String(Math.floor(scene.day)).padStart(2)}  ${column("cyan", label, 42)}${column(colour, word, 11)}${scene.told}`;
}

function wordOf(body: string): string {
  return /"status":"(\w+)"/.exec(body)?.[1] ?? body;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
