import { connectors, type Provider, type Sample } from "@mara/connectors";
import { loadSecrets, openStore, readKeyring } from "@mara/store";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { Problem } from "../problem.ts";
import { readRunFile, type RunFile } from "../run-file.ts";
import { DEMO } from "../start/demo.ts";

/** What ingest answered to a delivery. */
export interface IngestAnswer {
  readonly status: number;
  readonly body: string;
}

const delivery = z.object({
  providerEventId: z.string().nullable(),
  outcome: z.enum(["queued", "processed", "ignored", "duplicate", "rejected", "failed"]),
  reason: z.string().nullable(),
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

const OUTCOME_MS = 30_000;

/** The tenant `demo` of a system that `npm start` runs: deliveries go in over HTTP as a provider's would, and the console's API tells what came of them. */
export class RunningSystem {
  readonly #run: RunFile;

  private constructor(run: RunFile) {
    this.#run = run;
  }

  /** Throws `Problem` where none runs on `dataDir`. */
  static async find(dataDir: string): Promise<RunningSystem> {
    const run = await readRunFile(dataDir);
    const ready = run !== null && (await fetch(`${run.urls.ingest}/readyz`).then((answer) => answer.ok, () => false));
    if (!ready) throw new Problem("Nothing runs here yet. In another terminal: npm start");
    return new RunningSystem(run);
  }

  get consoleUrl(): string {
    return `${this.#run.urls.console}/tenants/${DEMO}/settings/integrations`;
  }

  /** The newest active signing secret of each provider. */
  async secrets(): Promise<(provider: Provider) => string> {
    const store = openStore({ databaseUrl: this.#run.databaseUrl, keyring: readKeyring(this.#run.secretsKey), poolSize: 1 });
    try {
      const found = (await loadSecrets(store, [DEMO])).get(DEMO);
      return (provider) => {
        const secret = found?.[provider]?.[0];
        if (secret === undefined) throw new Problem(`The tenant ${DEMO} has no signing secret for ${connectors[provider].label}: set one at ${this.consoleUrl}`);
        return secret.value;
      };
    } finally {
      await store.close();
    }
  }

  /** Sends a sample as the provider would, signed now. */
  async deliver(provider: Provider, sample: Sample, secret: string): Promise<IngestAnswer> {
    const answer = await fetch(`${this.#run.urls.ingest}/api/webhooks/${provider}/${DEMO}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...connectors[provider].sign(sample, secret, Date.now()) },
      body: sample.body,
    });
    return { status: answer.status, body: await answer.text() };
  }

  /** The delivery of a provider's event, once the worker is done with it. */
  async outcomeOf(provider: Provider, eventId: string): Promise<ShownDelivery> {
    const deadline = Date.now() + OUTCOME_MS;
    while (Date.now() < deadline) {
      const { items } = await this.#ask(`deliveries?provider=${provider}&limit=200`, page(delivery));
      const ours = items.find((item) => item.providerEventId === eventId && item.outcome !== "duplicate");
      if (ours !== undefined && ours.outcome !== "queued") return ours;
      await pause(100);
    }
    throw new Problem(`It was accepted, but nothing came of it in ${OUTCOME_MS / 1000} s: is the worker well?`);
  }

  contact(id: string): Promise<ShownContact> {
    return this.#ask(`contacts/${id}`, contact);
  }

  async contactsOf(email: string): Promise<readonly ShownContact[]> {
    return (await this.#ask(`contacts?email=${encodeURIComponent(email)}`, page(contact))).items;
  }

  /** All events of a contact, in the order recorded. */
  async eventsOf(contactId: string): Promise<readonly ShownEvent[]> {
    const events: ShownEvent[] = [];
    let cursor = "";
    do {
      const { items, nextCursor } = await this.#ask(`events?contactId=${contactId}&limit=200${cursor}`, page(event));
      events.push(...items);
      cursor = nextCursor === null ? "" : `&cursor=${encodeURIComponent(nextCursor)}`;
    } while (cursor !== "");
    return events;
  }

  async #ask<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>> {
    const answer = await fetch(`${this.#run.urls.console}/api/tenants/${DEMO}/${path}`, {
      headers: { authorization: `Bearer ${this.#run.adminToken}` },
    });
    if (!answer.ok) throw new Problem(`The console answered ${answer.status} to ${path.split("?")[0]}.`);
    return schema.parse(await answer.json());
  }
}
