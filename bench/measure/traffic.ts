import { connectors, PROVIDERS, type Connector, type Provider, type Sample } from "@mara/connectors";
import type { Bed } from "./bed.ts";
import type { Shot } from "./load.ts";

/** One delivery of the load. */
export interface Sent {
  readonly provider: Provider;
  readonly tenantId: string;
  readonly sample: Sample;
}

type Mix = Readonly<Record<Provider, readonly string[]>>;

/** What a product that sells sees: sign-ups, starts, renewals that fail and recover, upgrades, refunds, purchases. */
const MAPPED: Mix = {
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
};

/** What the tables say nothing of. */
const UNMAPPED: Mix = { stripe: ["payment_intent.succeeded"], polar: ["customer.created"], clerk: ["session.created"] };

/** `count` deliveries, each with an event id of its own, the providers in turns, spread over the bed's tenants. */
export function traffic(bed: Bed, count: number, kind: "mapped" | "unmapped", seed: string): Sent[] {
  const mix = kind === "mapped" ? MAPPED : UNMAPPED;
  const at = Date.now();
  return Array.from({ length: count }, (_, i): Sent => {
    const provider = PROVIDERS[i % PROVIDERS.length] ?? "stripe";
    const round = Math.floor(i / PROVIDERS.length);
    const types = mix[provider];
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
