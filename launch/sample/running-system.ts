import { connectors, type Provider, type Sample } from "@mara/connectors";
import { codeOf } from "@mara/runtime";
import { loadSecrets, openStore, readKeyring, usableSecrets } from "@mara/store";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { Problem } from "../problem.ts";
import { readRunFile, type RunFile } from "../run-file.ts";
import { DEMO } from "../start/demo.ts";
import { ask, type Asked } from "./ask.ts";

const delivery = z.object({
  providerEventId: z.string().nullable(),
  outcome: z.enum(["queued", "processed", "ignored", "duplicate", "rejected", "failed"]),
  reason: z.string().nullable(),
  receivedAt: z.string(),
  contactId: z.string().nullable(),
});
const contact = z.object({
  id: z.string(),
  email: z.string().nullable(),
  name: z.string().nullable(),
  attributes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  identities: z.array(z.object({ provider: z.string(), externalId: z.string() })),
  deactivatedAt: z.string().nullable(),
});
const event = z.object({
  id: z.string(),
  type: z.string(),
  provider: z.string(),
  providerEventId: z.string(),
  providerEventType: z.string(),
  repeatOf: z.string().nullable(),
  occurredAt: z.string(),
  data: z.record(z.string(), z.unknown()),
});
const page = <Item extends z.ZodType>(item: Item) => z.object({ items: z.array(item), nextCursor: z.string().nullable() });

export type ShownDelivery = z.output<typeof delivery>;
export type ShownContact = z.output<typeof contact>;
export type ShownEvent = z.output<typeof event>;

/** How long one answer, and how long the outcome of a delivery, is waited for. */
const LIMITS = { answerMs: 15_000, outcomeMs: 30_000 };
/** Of an answer that may be another program's. */
const MOST_SHOWN = 200;

/** The tenant `demo` of a system that `npm start` runs: deliveries go in over HTTP as a provider's would, and the console's API tells what came of them. */
export class RunningSystem {
  readonly #run: RunFile;
  readonly #limits: typeof LIMITS;
  /** Nothing that is sent from here was received before. */
  readonly #since = Date.now();

  private constructor(run: RunFile, limits: typeof LIMITS) {
    this.#run = run;
    this.#limits = limits;
  }

  /** Throws `Problem` where none runs on `dataDir`, or it can't take deliveries. */
  static async find(dataDir: string, limits = LIMITS): Promise<RunningSystem> {
    const run = await readRunFile(dataDir);
    if (run === null) throw new Problem(`Nothing runs on ${dataDir} yet. In another terminal: npm start`);
    const ready = await ask("Ingest", `${run.urls.ingest}/readyz`, limits.answerMs);
    if (ready === null) {
      throw new Problem(
        `Ingest can't be reached at ${run.urls.ingest}. Where npm start runs, its terminal tells why (it may still be starting); where it was killed, start it again.`,
      );
    }
    if (ready.status !== 200) throw new Problem(`Ingest is up but can't do its work: ${ready.body.slice(0, MOST_SHOWN)}`);
    return new RunningSystem(run, limits);
  }

  get consoleUrl(): string {
    return `${this.#run.urls.console}/tenants/${DEMO}/settings/integrations`;
  }

  /** The newest active signing secret of each provider. */
  async secrets(): Promise<(provider: Provider) => string> {
    const store = openStore({ databaseUrl: this.#run.databaseUrl, keyring: readKeyring(this.#run.secretsKey), poolSize: 1 });
    try {
      const found = (await this.#fromPostgres(() => loadSecrets(store, [DEMO]))).get(DEMO) ?? {};
      return (provider) => {
        const usable = usableSecrets(found, provider, Date.now());
        if (usable.kind === "opened") return usable.secrets[0].value;
        const what = usable.kind === "none" ? "no signing secret" : "no signing secret that can be opened";
        throw new Problem(`The tenant ${DEMO} has ${what} for ${connectors[provider].label}: set one at ${this.consoleUrl}`);
      };
    } finally {
      await store.close();
    }
  }

  async #fromPostgres<T>(asking: () => Promise<T>): Promise<T> {
    try {
      return await asking();
    } catch (cause) {
      throw new Problem(`The signing secrets can't be read from Postgres (${codeOf(cause)}): does npm start still run, and is its Postgres well?`, { cause });
    }
  }

  /** Sends a sample as the provider would, signed now. */
  async deliver(provider: Provider, sample: Sample, secret: string): Promise<Asked> {
    return this.#ask("Ingest", `${this.#run.urls.ingest}/api/webhooks/${provider}/${DEMO}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...connectors[provider].sign(sample, secret, Date.now()) },
      body: sample.body,
    });
  }

  /** The delivery of a provider's event that was sent from here, once the worker is done with it. */
  async outcomeOf(provider: Provider, eventId: string): Promise<ShownDelivery> {
    const { outcomeMs } = this.#limits;
    const deadline = Date.now() + outcomeMs;
    for (;;) {
      const ours = await this.#deliveryOf(provider, eventId);
      if (ours !== null && ours.outcome !== "queued") return ours;
      if (Date.now() > deadline) {
        throw new Problem(
          ours === null
            ? `It was accepted, but the console does not list it after ${outcomeMs / 1_000} s. See ${this.#run.urls.console}/tenants/${DEMO}/deliveries`
            : `It was accepted, but it still waits after ${outcomeMs / 1_000} s: is the worker well?`,
        );
      }
      await pause(100);
    }
  }

  /** Looks as far back as it can be, whoever else has sent how much meanwhile. */
  async #deliveryOf(provider: Provider, eventId: string): Promise<ShownDelivery | null> {
    for (let cursor = ""; ; ) {
      const { items, nextCursor } = await this.#list(`deliveries?provider=${provider}`, cursor, delivery);
      const ours = items.find((item) => item.providerEventId === eventId && item.outcome !== "duplicate");
      if (ours !== undefined) return ours;
      const isTooOld = items.some(({ receivedAt }) => Date.parse(receivedAt) < this.#since);
      if (nextCursor === null || isTooOld) return null;
      cursor = nextCursor;
    }
  }

  contact(id: string): Promise<ShownContact> {
    return this.#tell(`contacts/${id}`, contact);
  }

  async contactsOf(email: string): Promise<readonly ShownContact[]> {
    return (await this.#tell(`contacts?email=${encodeURIComponent(email)}`, page(contact))).items;
  }

  /** All events of a contact, in the order recorded. */
  async eventsOf(contactId: string): Promise<readonly ShownEvent[]> {
    const events: ShownEvent[] = [];
    for (let cursor = ""; ; ) {
      const { items, nextCursor } = await this.#list(`events?contactId=${contactId}`, cursor, event);
      events.push(...items);
      if (nextCursor === null) return events;
      cursor = nextCursor;
    }
  }

  /** A page of a list; an empty `cursor` is its beginning. */
  #list<Item extends z.ZodType>(path: string, cursor: string, item: Item) {
    return this.#tell(`${path}&limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`, page(item));
  }

  async #tell<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>> {
    const { status, body } = await this.#ask("The console", `${this.#run.urls.console}/api/tenants/${DEMO}/${path}`, {
      headers: { authorization: `Bearer ${this.#run.adminToken}` },
    });
    if (status !== 200) throw new Problem(`The console answered ${status} to ${path.split("?")[0]}.`);
    return schema.parse(JSON.parse(body));
  }

  async #ask(who: string, url: string, init: RequestInit): Promise<Asked> {
    const answer = await ask(who, url, this.#limits.answerMs, init);
    if (answer === null) throw new Problem(`${who} can't be reached any more: does npm start still run?`);
    return answer;
  }
}
