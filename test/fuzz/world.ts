import { PROVIDERS } from "@mara/connectors";
import type { SystemUnderTest } from "../chaos/system.ts";
import { ConsoleClient } from "../support/console-client.ts";
import { eventually } from "../support/eventually.ts";
import { lifeOf } from "../support/lives.ts";
import { makeSecrets, sendSigned, type Secrets } from "../support/provider-client.ts";
import { seededRandom } from "../support/random.ts";
import { PASTED } from "./case.ts";
import { signIn, type SignedIn } from "./sign-in.ts";

/** Each tenant's part: what may happen to it, and what must not. */
export const TENANTS = {
  /** Meets all that is unsigned or wrongly signed. Nothing of it may have an effect. */
  quiet: "fuzz-quiet",
  /** Gets the rightly signed and odd deliveries. */
  taker: "fuzz-taker",
  /** What is asked of the API with its rights, or the operator's, is asked here. */
  scratch: "fuzz-scratch",
  /** Is never told a secret. */
  unset: "fuzz-unset",
  /** Others try to see and change it. It must stay as it is. */
  bystander: "fuzz-bystander",
  /** Its deliveries go on all the time. All of them must be taken. */
  honest: "fuzz-honest",
} as const;

/** What there is of a tenant that somebody could name. */
export interface Known {
  readonly contacts: readonly string[];
  readonly deliveries: readonly string[];
  readonly events: readonly string[];
  /** Of each list, where it goes on. */
  readonly cursors: readonly string[];
}

/** Everything that hostile requests can be about. */
export interface Targets {
  /** Of the tenants that have any. */
  readonly secrets: Readonly<Record<"quiet" | "taker" | "scratch" | "bystander" | "honest", Secrets>>;
  /** API tokens. */
  readonly tokens: Readonly<Record<"operator" | keyof typeof TENANTS, string>>;
  readonly sessions: Readonly<Record<"operator" | "quiet", SignedIn>>;
  readonly scratch: Known;
  readonly bystander: Known;
}

/** A running system with all of that in it. */
export interface World extends Targets {
  readonly system: SystemUnderTest;
  readonly api: ConsoleClient;
  /** Nothing of these may be in any answer or line of a log. */
  readonly confidential: readonly string[];
}

/** Makes the tenants of a run. Equal seeds make equal secrets. */
export async function makeWorld(system: SystemUnderTest, seed: number): Promise<World> {
  const { urls, adminToken } = system.run;
  const api = new ConsoleClient(urls.console, adminToken);
  const random = seededRandom(seed);
  const secretsOf = async (tenantId: string): Promise<Secrets> => {
    const secrets = makeSecrets(() => Buffer.from(Array.from({ length: 24 }, () => random.whole(0, 255))));
    for (const provider of PROVIDERS) await api.saveIntegration(tenantId, provider, { signingSecret: secrets[provider] });
    return secrets;
  };
  const tokenOf = async (id: string) => (await api.createTenant(id)).token;
  const tokens = {
    operator: adminToken,
    quiet: await tokenOf(TENANTS.quiet),
    taker: await tokenOf(TENANTS.taker),
    scratch: await tokenOf(TENANTS.scratch),
    unset: await tokenOf(TENANTS.unset),
    bystander: await tokenOf(TENANTS.bystander),
    honest: await tokenOf(TENANTS.honest),
  };
  const secrets = {
    quiet: await secretsOf(TENANTS.quiet),
    taker: await secretsOf(TENANTS.taker),
    scratch: await secretsOf(TENANTS.scratch),
    bystander: await secretsOf(TENANTS.bystander),
    honest: await secretsOf(TENANTS.honest),
  };
  for (const tenant of ["scratch", "bystander"] as const) {
    for (const { provider, ...event } of lifeOf(tenant, Date.UTC(2026, 8, 1))) await sendSigned(urls.ingest, TENANTS[tenant], provider, event, secrets[tenant][provider]);
    await sendSigned(urls.ingest, TENANTS[tenant], "polar", { id: "msg_unreadable", body: '{"type":"order.paid","data":{}}' }, secrets[tenant].polar);
    await eventually(() => api.pending(TENANTS[tenant]), (pending) => pending === 0);
  }
  const sessions = { operator: await signIn(urls.console, tokens.operator), quiet: await signIn(urls.console, tokens.quiet) };
  return {
    system,
    api,
    secrets,
    tokens,
    sessions,
    scratch: await knownOf(api, TENANTS.scratch),
    bystander: await knownOf(api, TENANTS.bystander),
    confidential: [...confidentialOf({ tokens, secrets, sessions }), system.run.secretsKey],
  };
}

/** What nobody may be told, and no log, of all that cases are made from. */
export function confidentialOf({ tokens, secrets, sessions }: Pick<Targets, "tokens" | "secrets" | "sessions">): string[] {
  const cookies = Object.values(sessions).flatMap(({ cookie }) => cookie.split("; ").map((each) => each.slice(each.indexOf("=") + 1)));
  return [...Object.values(tokens), ...Object.values(secrets).flatMap((each) => Object.values(each)), ...cookies, ...Object.values(PASTED)];
}

async function knownOf(api: ConsoleClient, tenantId: string): Promise<Known> {
  const [contacts, deliveries, events] = [await api.contacts(tenantId), await api.deliveries(tenantId), await api.events(tenantId)];
  const cursors = [];
  for (const list of ["contacts", "events", "deliveries"]) {
    const { body } = await api.ask("GET", `tenants/${tenantId}/${list}?limit=1`);
    if (typeof body === "object" && body !== null && "nextCursor" in body && typeof body.nextCursor === "string") cursors.push(body.nextCursor);
  }
  return { contacts: contacts.map(({ id }) => id), deliveries: deliveries.map(({ id }) => id), events: events.map(({ id }) => id), cursors };
}
