import { connectors, type Connector, type Provider, type Sample, type SampleOptions } from "@mara/connectors";
import { randomBytes } from "node:crypto";
import { byProvider } from "./by-provider.ts";

/** What ingest answered. */
export interface IngestAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
}

export type Secrets = Readonly<Record<Provider, string>>;

/** A signing secret of each provider: a fresh one, unless `bytes` are always the same. */
export function makeSecrets(bytes: () => Buffer = () => randomBytes(24)): Secrets {
  return byProvider((provider) => connectors[provider].makeSecret(bytes()));
}

/** One of the connectors' samples, by the name that it has there. */
export function sampleOf(provider: Provider, name: string, options: SampleOptions): Sample {
  const samples: Readonly<Record<string, (options: SampleOptions) => Sample>> = connectors[provider].samples;
  const make = samples[name];
  if (!make) throw new Error(`${provider} has no sample ${name}`);
  return make(options);
}

/** A sample that becomes a moment whatever is known: a purchase or a sign-up, where the provider has such. */
export function somethingOf(provider: Provider, options: SampleOptions): Sample {
  const { samples, read, normalise }: Connector = connectors[provider];
  const made = Object.values(samples).flatMap((make) => {
    const sample = make(options);
    const { table } = normalise(read({ ...sample, receivedAt: options.at }));
    return table.kind === "moment" ? [{ sample, becomes: table.type }] : [];
  });
  const chosen = made.find(({ becomes }) => becomes === "purchase" || becomes === "user.created") ?? made[0];
  if (!chosen) throw new Error(`no sample of ${provider} becomes a moment`);
  return chosen.sample;
}

export interface Sending {
  readonly headers?: Readonly<Record<string, string>>;
  /** Epoch milliseconds at which it is signed. Default: now. */
  readonly signedAt?: number;
  readonly signal?: AbortSignal;
}

/** Sends an event as its provider would, signed. `url` is ingest's, without a slash at its end. */
export async function sendSigned(
  url: string,
  tenantId: string,
  provider: Provider,
  event: { readonly id: string; readonly body: string },
  secret: string,
  { headers, signedAt = Date.now(), signal }: Sending = {},
): Promise<IngestAnswer> {
  const signed = connectors[provider].sign(event, secret, signedAt);
  return post(`${url}/api/webhooks/${provider}/${tenantId}`, event.body, { ...signed, ...headers }, signal);
}

/** Posts anything to ingest. Its answers are JSON, always: throws where one is not. */
export async function post(
  url: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<IngestAnswer> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
    ...(signal && { signal }),
  });
  return { status: response.status, body: await response.json(), headers: response.headers };
}
