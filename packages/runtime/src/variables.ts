import { isIP } from "node:net";
import { availableParallelism } from "node:os";
import { z } from "zod";

// Every variable of the product, by its name. A program picks the ones it needs:
// `readConfig({ DATABASE_URL, INGEST_PORT }, process.env)`. Messages complete the sentence "NAME …" and never show the value.

const must = (rule: string) => ({ error: `must be ${rule}` });

/** Digits only: `Number` would also take "0x10", "1e3" and " 7 ". */
function whole(least: number, most: number) {
  const rule = must(`a whole number from ${least} to ${most}`);
  return z.string(rule).regex(/^\d{1,15}$/, rule).transform(Number).pipe(z.number().min(least, rule).max(most, rule));
}

function hasScheme(text: string, schemes: readonly string[]): boolean {
  return URL.canParse(text) && schemes.includes(new URL(text).protocol) && new URL(text).hostname !== "";
}

/** A bare % in a password parses as a URL, and breaks the client that decodes it later. That of Postgres does not mind where no two digits follow. */
function isDecodable(text: string, { takesBare = false } = {}): boolean {
  const { username, password } = new URL(text);
  const escaped = username + password;
  try {
    decodeURIComponent(takesBare ? escaped.replaceAll(/%(?![\da-f]{2})/gi, "%25") : escaped);
    return true;
  } catch {
    return false;
  }
}

const ESCAPED = must("written with %25 for each % in its user or password");

const httpUrl = z
  .string()
  .refine((text) => hasScheme(text, ["http:", "https:"]), must("an http:// or https:// URL"))
  .transform((text) => text.replace(/\/+$/, ""));

/** A URL that others are made from by writing a path behind it. */
const baseUrl = httpUrl.refine((text) => {
  const { username, password } = new URL(text);
  // By the text: a URL forgets the white space around it, and a ? or # with nothing behind.
  return username + password === "" && !/[\s?#]/.test(text);
}, must("a URL without a space, a name, a password, a query or a fragment"));

const port = whole(1, 65_535);
const days = whole(1, 36_500);

export const DATABASE_URL = z
  .string()
  .refine((text) => hasScheme(text, ["postgres:", "postgresql:"]), { ...must("a postgresql:// URL"), abort: true })
  .refine((text) => isDecodable(text, { takesBare: true }), ESCAPED);

/** One node, or several of a cluster with commas between. */
export const REDIS_URL = z
  .string()
  .refine(
    (text) => text.split(",").every((node) => hasScheme(node.trim(), ["redis:", "rediss:"])),
    { ...must("a redis:// or rediss:// URL, or several of a cluster with commas between"), abort: true },
  )
  .refine(
    (text) => text.split(",").every((node) => isDecodable(node.trim())),
    ESCAPED,
  );

export const DATA_DIR = z.string().default(".data");
export const INGEST_PORT = port.default(3000);
export const CONSOLE_PORT = port.default(3001);
export const WORKER_PORT = port.default(3002);
export const HOST = z.string().regex(/^[\w.:%-]+$/, must("an address or host name")).default("127.0.0.1");

/** Base of the webhook URLs shown to people, without a slash at its end. Unset: see `publicUrl`. */
export const PUBLIC_URL = baseUrl.optional();

/** Where the console finds ingest to send test events. Unset: `http://127.0.0.1:INGEST_PORT`. */
export const INGEST_URL = baseUrl.optional();

/** 32 bytes in base64; several with commas between while keys are rotated: the first seals, all open. */
export const SECRETS_KEY = z
  .string()
  .refine(
    (text) => text.split(",").every((key) => isKey(key.trim())),
    must("32 bytes in base64 (make one with: openssl rand -base64 32)"),
  );

/** Addresses and networks of proxies in front of the console, with commas between: what Express calls `trust proxy`. */
export const TRUSTED_PROXIES = z
  .string()
  .refine(
    (text) => text.split(",").every((part) => isProxy(part.trim())),
    must("addresses, networks (10.0.0.0/8), or loopback, linklocal, uniquelocal, with commas between"),
  )
  .default("loopback");

export const ADMIN_TOKEN = z.string().regex(/^[\x21-\x7e]{8,512}$/, must("8 or more printable characters without spaces"));

export const CLERK_API_URL = baseUrl.default("https://api.clerk.com");
export const MAX_BODY_BYTES = whole(1, 67_108_864).default(1_048_576);
export const LOG_LEVEL = z
  .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"], {
    error: "must be one of trace, debug, info, warn, error, fatal, silent",
  })
  .default("info");

/** Processes that share the port of ingest. Default: one for each core that this one may use. */
export const INGEST_PROCESSES = whole(1, 64).default(() => Math.min(availableParallelism(), 64));

/** Number of event queues. Every process must be given the same one. */
export const EVENT_SHARDS = whole(1, 1_024).default(1);

/** Replicas that must have a delivery, beside the primary, before it is acknowledged. */
export const REDIS_REPLICAS = whole(0, 16).default(0);

/** Hours for which the ledger remembers an event. What is sent again later becomes a duplicate in Postgres. */
export const LEDGER_HOURS = whole(1, 8_760).default(336);

/** Seconds for which a process that was asked to stop says on `/readyz` that it does, and serves on all the same. */
export const DRAIN_SECONDS = whole(0, 300).default(0);

/** Event jobs in hand at once in one worker. Unset: as many as fit into its memory. */
export const WORKER_CONCURRENCY = whole(1, 4_096).optional();

/** Days that the stored body of a delivery can be looked at and replayed. */
export const RETENTION_PAYLOAD_DAYS = days.default(30);

/** Days that a delivery stays listed. Events and contacts stay until they are erased. */
export const RETENTION_DELIVERY_DAYS = days.default(90);

/** Where OpenTelemetry's spans go, over OTLP/HTTP: a collector, or its address for traces. Both unset: nowhere. */
export const OTEL_EXPORTER_OTLP_ENDPOINT = httpUrl.optional();
export const OTEL_EXPORTER_OTLP_TRACES_ENDPOINT = httpUrl.optional();

/** What `PUBLIC_URL` is where nobody set it. */
export function publicUrl(config: { readonly PUBLIC_URL?: string | undefined; readonly INGEST_PORT: number }): string {
  return config.PUBLIC_URL ?? `http://localhost:${config.INGEST_PORT}`;
}

function isKey(text: string): boolean {
  return /^[A-Za-z0-9+/_-]{43}=?$/.test(text) && Buffer.from(text, "base64").length === 32;
}

function isProxy(text: string): boolean {
  if (["loopback", "linklocal", "uniquelocal"].includes(text)) return true;
  const [address = "", bits, ...rest] = text.split("/");
  const most = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  return most > 0 && rest.length === 0 && (bits === undefined || (/^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= most));
}
