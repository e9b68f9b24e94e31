import type { EventJob } from "@mara/queue";
import { v7 as uuid } from "uuid";
import { connectors, PROVIDERS, type Connector, type Provider, type Sample } from "@mara/connectors";
import { eventJob } from "../../test/support/event-job.ts";
import type { Bed } from "./bed.ts";
import type { Shot } from "./load.ts";

/** One delivery of the load. */
export interface Sent {
  readonly provider: Provider;
  readonly tenantId: string;
  readonly sample: Sample;
}

type Mix = Readonly<Partial<Record<Provider, readonly string[]>>>;

/** What a product that sells sees: sign-ups, starts, renewals that fail and recover, upgrades, refunds, purchases. */
const MAPPED = {
  stripe: [
    "customer.subscription.created",
    "invoice.payment_failed",
    "customer.subscription.updated",
    "checkout.session.completed",
    "charge.refunded",
    "customer.subscription.deleted",
  ],
  polar: ["subscription.created", "subscription.past_due", "order.paid", "order.refunded", "subscription.canceled"],
  clerk: ["user.created", "user.deleted"],
} satisfies Mix;

/** What the tables say nothing of. */
const UNMAPPED = { stripe: ["payment_intent.succeeded"], polar: ["customer.created"], clerk: ["session.created"] } satisfies Mix;

/** Those that are about what every program of Stripe's customers knows. */
const STRIPE = { stripe: MAPPED.stripe.filter((type) => type !== "checkout.session.completed") } satisfies Mix;

const MIXES = { mapped: MAPPED, unmapped: UNMAPPED, stripe: STRIPE } satisfies Record<string, Mix>;

/** `count` deliveries, each with an event id of its own, the providers in turns, spread over the bed's tenants. */
export function traffic(bed: Bed, count: number, kind: keyof typeof MIXES, seed: string): Sent[] {
  const mix: Mix = MIXES[kind];
  const providers = PROVIDERS.filter((provider) => mix[provider]);
  const at = Date.now();
  return Array.from({ length: count }, (_, i): Sent => {
    const provider = providers[i % providers.length] ?? "stripe";
    const round = Math.floor(i / providers.length);
    const types = mix[provider] ?? [];
    const type = types[round % types.length] ?? "";
    const { samples }: Connector = connectors[provider];
    const make = samples[type];
    if (!make) throw new Error(`${provider} has no sample of ${type}`);
    const person = Math.floor(round / types.length);
    return {
      provider,
      tenantId: bed.tenants[person % bed.tenants.length] ?? "",
      sample: make({ at, seed: `${seed}p${person}` }),
    };
  });
}

/** The deliveries as requests, signed now: they are good for five minutes. */
export function shotsOf(bed: Bed, sent: readonly Sent[]): Shot[] {
  const at = Date.now();
  return sent.map(({ provider, tenantId, sample }) => ({
    path: `/api/webhooks/${provider}/${tenantId}`,
    headers: { "content-type": "application/json", ...connectors[provider].sign(sample, bed.secrets[provider], at) },
    body: sample.body,
  }));
}

/** A delivery as ingest would put it on the queue. */
export function jobOf({ provider, tenantId, sample }: Sent): EventJob {
  const receivedAt = Date.now();
  // What ingest keeps of the body: the connector's own reading of it.
  const kept = connectors[provider].read({ id: sample.id, body: sample.body, receivedAt });
  return eventJob({ tenantId, provider, eventId: kept.id, eventType: kept.type, receivedAt, deliveryId: uuid(), body: sample.body });
}
