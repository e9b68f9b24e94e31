import { connectors, type Provider } from "@mara/connectors";
import { createHmac } from "node:crypto";
import { Envelope } from "../../packages/connectors/test/envelope.ts";
import type { Random } from "../support/random.ts";
import { PROVIDERS, type FuzzCase } from "./case.ts";
import { sampleFor } from "./ingest-cases.ts";
import { oddBytes } from "./odd-bytes.ts";
import { oddHttp } from "./odd-http.ts";
import { mutateJson } from "./odd-json.ts";
import { bytesOf, makeRequest } from "./request.ts";
import { TENANTS, type Targets } from "./world.ts";

/** A delivery that its provider has signed, about something that no provider has ever said. */
export function signedCase({ secrets }: Targets, random: Random, number: number): FuzzCase {
  const provider = random.pick(PROVIDERS);
  const sample = sampleFor(random, provider, number);
  const odd = oddEvent(random, sample.body);
  const id = oddId(random, sample.id);
  const headers = (SIGN_BYTES[provider] ?? signText(provider))(secrets.taker[provider], id, odd.body);
  const envelope = new Envelope(sample);
  const request = makeRequest("POST", `/api/webhooks/${provider}/${TENANTS.taker}`, headers, odd.body);
  const http = random.next() < 0.1 ? oddHttp(random, request) : { what: "plain HTTP", request };
  return {
    what: `${provider} signed ${sample.type}, body ${odd.what}, id ${id.slice(0, 30)}, ${http.what}`,
    to: "ingest",
    bytes: bytesOf(http.request),
    isWhole: http.request.isWhole,
    allowed: "any",
    form: "ingest",
    shape: null,
    signedAs: { provider, eventId: envelope.holdsId ? envelope.idIn(odd.body.toString()) : id },
  };
}

function oddEvent(random: Random, text: string): { readonly what: string; readonly body: Buffer } {
  const luck = random.next();
  if (luck < 0.1) return { what: "as it should be", body: Buffer.from(text) };
  if (luck < 0.85) return { what: "with odd fields", body: Buffer.from(mutateJson(random, text)) };
  return oddBytes(random, Buffer.from(text));
}

/** For a header: that is where Polar and Clerk have their event ids. At times another case's. */
function oddId(random: Random, id: string): string {
  if (random.next() < 0.85) return id;
  return random.pick([`pool_${random.whole(0, 20)}`, `${id}.${"x".repeat(254 - id.length)}`, `${id}.${"x".repeat(255 - id.length)}`, `${id}.${"x".repeat(3_000)}`, `${id} b`, "\u00e9".repeat(3), "__proto__", "."]);
}

type Sign = (secret: string, id: string, body: Buffer) => string[];

const now = () => Math.floor(Date.now() / 1_000);

/** As the connectors sign, but bytes: what they sign is text. */
const SIGN_BYTES: Readonly<Partial<Record<Provider, Sign>>> = {
  stripe: (secret, _id, body) => {
    const at = now();
    return [`stripe-signature: t=${at},v1=${createHmac("sha256", secret).update(`${at}.`).update(body).digest("hex")}`];
  },
  polar: standardWebhooks("webhook"),
  clerk: standardWebhooks("svix"),
};

function standardWebhooks(family: string): Sign {
  return (secret, id, body) => {
    const at = now();
    const key = Buffer.from(secret.slice("whsec_".length), "base64");
    const signature = createHmac("sha256", key).update(`${id}.${at}.`).update(body).digest("base64");
    return [`${family}-id: ${id}`, `${family}-timestamp: ${at}`, `${family}-signature: v1,${signature}`];
  };
}

/** By its connector: bytes that are no text go out with a signature that is not theirs. */
function signText(provider: Provider): Sign {
  return (secret, id, body) =>
    Object.entries(connectors[provider].sign({ id, body: body.toString() }, secret, Date.now())).map(([name, value]) => `${name}: ${value}`);
}
