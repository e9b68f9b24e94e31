import { readFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { eventually } from "../support/eventually.ts";
import { finalState } from "../support/final-state.ts";
import { sampleOf, sendSigned } from "../support/provider-client.ts";
import { MARK } from "./case.ts";
import type { Honest } from "./honest-sender.ts";
import type { Tally } from "./run.ts";
import { TENANTS, type World } from "./world.ts";

const SHOWN = 3;
const SETTLED = ["processed", "ignored", "failed"];

/** What a tenant has, to be held against what it has later. */
export async function lookAt({ api }: World, tenantId: string): Promise<unknown> {
  const integrations = Object.values(await api.integrations(tenantId)).map(({ provider, configured, secrets, apiKey, signupEvent }) => ({
    provider,
    configured,
    secrets: secrets.map(({ id, hint, expiresAt }) => [id, hint, expiresAt]),
    apiKey,
    signupEvent,
  }));
  const deliveries = (await api.deliveries(tenantId)).filter(({ outcome }) => outcome !== "rejected");
  return { ...(await finalState(api, tenantId)), contacts: await api.contacts(tenantId), integrations, deliveries };
}

/** Waits until all is worked off, and answers what is not as it should be then. */
export async function effectsOf(world: World, tally: Tally, honest: Honest, bystanderBefore: unknown): Promise<string[]> {
  const { api } = world;
  await settled(world);
  const problems = [...(await queuesAreEmpty(world))];
  for (const tenant of ["quiet", "unset"] as const) {
    const id = TENANTS[tenant];
    const [contacts, events, deliveries] = [await api.contacts(id), await api.events(id), await api.deliveries(id)];
    const others = deliveries.filter(({ outcome }) => outcome !== "rejected");
    if (contacts.length > 0 || events.length > 0 || others.length > 0) {
      problems.push(`what nobody signed had an effect on ${id}: ${contacts.length} contacts, ${events.length} events, ${others.length} deliveries that were not rejected`);
    }
  }
  if (!isDeepStrictEqual(await lookAt(world, TENANTS.bystander), bystanderBefore)) problems.push("another tenant was changed");
  problems.push(...(await tookEachOnce(world, tally)), ...(await tookAllHonest(world, honest)), ...(await madeNoOtherTenant(world, tally)));
  return [...problems, ...(await worksStill(world))];
}

/** Nobody's deliveries are pending. */
async function settled({ api }: World): Promise<void> {
  for (const id of Object.values(TENANTS)) await patiently(() => api.pending(id), (pending) => pending === 0);
}

/** What was thrown at it may take a while to work off. */
async function patiently<T>(look: () => Promise<T>, wanted: (value: T) => boolean): Promise<void> {
  for (let tries = 0; tries < 6; tries++) {
    const value = await eventually(look, wanted).catch(() => null);
    if (value !== null) return;
  }
}

async function queuesAreEmpty({ system }: World): Promise<string[]> {
  const metrics = await (await fetch(`${system.run.urls.worker}/metrics`)).text();
  const jobs = [...metrics.matchAll(/^mara_queue_jobs\{queue="(events-\d+|backfills)",state="(waiting|active|delayed)"\} (\d+)$/gm)];
  if (jobs.length === 0) return ["the worker tells nothing of its queues"];
  return jobs.filter(([, , , count]) => count !== "0").map(([, queue, state, count]) => `${count} jobs of ${queue} are still ${state}`);
}

/** Each event that was answered `queued` has one outcome, and was answered so once. */
async function tookEachOnce({ api }: World, { queued, outcomes: counts }: Tally): Promise<string[]> {
  const settledOf = new Map<string, number>();
  for (const { provider, providerEventId, outcome, processedAt } of await api.deliveries(TENANTS.taker)) {
    if (!SETTLED.includes(outcome) || processedAt === null) continue;
    const key = `${provider} ${providerEventId}`;
    settledOf.set(key, (settledOf.get(key) ?? 0) + 1);
    if (queued.has(key)) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  const keys = [...queued.keys()];
  return [
    ...told("events were taken and have no outcome", keys.filter((key) => !settledOf.has(key))),
    ...told("events have more than one outcome", keys.filter((key) => (settledOf.get(key) ?? 0) > 1)),
    ...told("events were taken more than once", keys.filter((key) => (queued.get(key) ?? 0) > 1)),
  ];
}

async function tookAllHonest({ api }: World, { sent, refused }: Honest): Promise<string[]> {
  const deliveries = await api.deliveries(TENANTS.honest);
  const contacts = await api.contacts(TENANTS.honest);
  const processed = deliveries.filter(({ outcome }) => outcome === "processed").length;
  return [
    ...told("honest deliveries were not taken", refused),
    ...(processed === sent - refused.length && contacts.length === processed ? [] : [`of ${sent} honest deliveries ${processed} were processed, and ${contacts.length} contacts came of them`]),
  ];
}

async function madeNoOtherTenant({ api }: World, { tenants }: Tally): Promise<string[]> {
  const known = new Set<string>([...Object.values(TENANTS), "demo", ...tenants]);
  return told("tenants are there that nobody made", (await api.tenants()).filter((id) => !known.has(id)));
}

async function worksStill({ api, system, secrets }: World): Promise<string[]> {
  const sample = sampleOf("stripe", "checkout.session.completed", { at: Date.now(), seed: "afterwards" });
  const answer = await sendSigned(system.run.urls.ingest, TENANTS.honest, "stripe", sample, secrets.honest.stripe);
  if (answer.status !== 200) return [`an honest delivery afterwards was answered with ${answer.status}`];
  const found = await eventually(() => api.events(TENANTS.honest, "provider=stripe"), (events) => events.length === 1).catch(() => null);
  return found === null ? ["an honest delivery afterwards was not recorded"] : [];
}

/** What no log may have: secrets, what was sent, and errors of ours. */
export async function problemsInLog(logFile: string, { confidential }: World): Promise<string[]> {
  // What `npm start` says to whoever starts it is no log.
  const lines = (await readFile(logFile, "utf8")).split("\n");
  const logged = lines.filter((line) => line.startsWith("{"));
  return [
    ...told("lines of the log hold a secret", logged.filter((line) => confidential.some((secret) => line.includes(secret)))),
    ...told("lines of the log repeat what was sent", logged.filter((line) => line.includes(MARK))),
    ...told("errors are in the log", logged.filter((line) => /"level":"(error|fatal)"/.test(line))),
    ...told("something ended and was started again", lines.filter((line) => line.endsWith("it is started again"))),
  ];
}

function told(problem: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [`${items.length} ${problem}: ${items.slice(0, SHOWN).map((item) => item.slice(0, 400)).join(" | ")}`];
}
