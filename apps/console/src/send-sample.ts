import { randomBytes } from "node:crypto";
import { connectors, type Connector, type Provider } from "@mara/connectors";
import { loadSecrets, usableSecrets } from "@mara/store";
import type { Backing } from "./backing.ts";
import { Refusal } from "./respond.ts";

/** A provider would wait about as long. */
const TIMEOUT_MS = 10_000;

/** What was sent, and what ingest answered. */
export interface SampleAnswer {
  readonly type: string;
  readonly eventId: string;
  readonly status: number;
  readonly told: object;
}

/**
 * Sends a sample event, signed with the secret that stays, through the real ingest URL.
 * @param type one of the connector's samples; by default one that shows a contact and a moment at once.
 * Throws `Refusal`: no_signing_secret, unavailable where no secret can be opened, or ingest_unreachable where ingest does
 * not answer.
 */
export async function sendSample(
  { store, ingestUrl, log }: Pick<Backing, "store" | "ingestUrl" | "log">,
  tenantId: string,
  provider: Provider,
  type: string | undefined,
): Promise<SampleAnswer> {
  const at = Date.now();
  const secrets = usableSecrets((await loadSecrets(store, [tenantId])).get(tenantId) ?? {}, provider, at);
  if (secrets.kind === "none") throw new Refusal("no_signing_secret");
  if (secrets.kind === "sealed") {
    log.warn({ tenantId, provider }, "a test event can't be signed: SECRETS_KEY lacks the key that sealed the secret");
    throw new Refusal("unavailable");
  }
  const [secret] = secrets.secrets;

  const connector: Connector = connectors[provider];
  const sample = makeSample(connector, type ?? mostTelling(connector), at);
  try {
    const response = await fetch(`${ingestUrl}/api/webhooks/${provider}/${tenantId}`, {
      method: "POST",
      headers: connector.sign(sample, secret.value, at),
      body: sample.body,
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const told: unknown = await response.json();
    if (typeof told !== "object" || told === null) throw new TypeError("that was not ingest's answer");
    return { type: sample.type, eventId: sample.id, status: response.status, told };
  } catch (error) {
    log.warn({ err: error }, "ingest could not be reached with a test event");
    throw new Refusal("ingest_unreachable");
  }
}

function makeSample(connector: Connector, type: string, at: number) {
  const make = Object.hasOwn(connector.samples, type) ? connector.samples[type] : undefined;
  if (make === undefined) throw new RangeError(`${connector.label} has no sample of that type`);
  return make({ at, seed: randomBytes(8).toString("hex") });
}

/** The first sample that becomes an event by the table alone and says whose it is: by an e-mail address, if there is such a one. */
function mostTelling(connector: Connector): string {
  const types = Object.keys(connector.samples);
  const telling = types.flatMap((type) => {
    const { id, body } = makeSample(connector, type, 0);
    const { table, facts } = connector.normalise(connector.read({ id, body, receivedAt: 0 }));
    const person = table.kind === "moment" ? facts?.person : null;
    return person ? [{ type, person }] : [];
  });
  const chosen = telling.find(({ person }) => person.emails.length > 0) ?? telling[0];
  return chosen?.type ?? types[0] ?? "";
}
