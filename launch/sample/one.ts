import { connectors, isProvider, PROVIDERS, type Connector, type Provider, type Sample } from "@mara/connectors";
import { randomBytes } from "node:crypto";
import { Problem } from "../problem.ts";
import { column, paint } from "./paint.ts";
import type { RunningSystem, ShownDelivery } from "./running-system.ts";
import { contactLines, dataLines, eventLine } from "./show.ts";

/** A sample by the names that people type. Throws `Problem`, with what there is, where it can't be found. */
export function findSample(providerName: string, type: string): { provider: Provider; make: Connector["samples"][string] } {
  if (!isProvider(providerName)) throw new Problem(`There is no provider ${providerName}. There are:\n\n${listing(PROVIDERS)}`);
  const samples: Connector["samples"] = connectors[providerName].samples;
  const make = Object.hasOwn(samples, type) ? samples[type] : undefined;
  if (make === undefined) {
    throw new Problem(`${connectors[providerName].label} has no sample ${type || "without a name"}. There are:\n\n${listing([providerName])}`);
  }
  return { provider: providerName, make };
}

/** Every sample of these providers, a line each, as it is typed. */
export function listing(providers: readonly Provider[]): string {
  return providers
    .flatMap((provider) => Object.keys(connectors[provider].samples).map((type) => `  npm run sample -- ${provider} ${type}`))
    .join("\n");
}

/** Sends one sample and shows what came of it. Answers whether it was taken. */
export async function playOne(system: RunningSystem, providerName: string, type: string): Promise<boolean> {
  const { provider, make } = findSample(providerName, type);
  const sample = make({ at: Date.now(), seed: randomBytes(6).toString("hex") });
  const secretOf = await system.secrets();

  const { status, body } = await system.deliver(provider, sample, secretOf(provider));
  say(`${column("dim", "sent", 10)}${connectors[provider].label} ${sample.type}, ${sample.body.length} bytes, signed`);
  say(`${column("dim", "answered", 10)}${paint(status === 200 ? "green" : "red", String(status))} ${body}`);
  if (status !== 200) return false;
  await showOutcome(system, provider, sample);
  return true;
}

async function showOutcome(system: RunningSystem, provider: Provider, sample: Sample): Promise<void> {
  const { outcome, reason, contactId } = await system.outcomeOf(provider, sample.id);
  say(`${column("dim", "became", 10)}${outcome}${reason === null ? "" : `: ${reason}`}`);
  if (contactId === null) {
    say(`\n${withoutContact(outcome)}`);
    return;
  }
  say(`\n${paint("underline", "Contact")}`);
  for (const line of contactLines(await system.contact(contactId))) say(line);
  const events = (await system.eventsOf(contactId)).filter((event) => event.providerEventId === sample.id);
  for (const event of events) {
    say(`\n${paint("underline", "Event")}`);
    say(eventLine(event));
    for (const line of dataLines(event)) say(line);
  }
  if (events.length === 0) say("\nNo event: it only told something of the contact.");
}

/** What there is to say where no contact came of a delivery. */
export function withoutContact(outcome: ShownDelivery["outcome"]): string {
  if (outcome === "ignored") return "No contact and no event: Mara needs nothing of what it tells. The provider was thanked with a 200 all the same.";
  return "It does not say whom it is about, so it belongs to no contact.";
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
