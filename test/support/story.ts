import { connectors, PROVIDERS } from "@mara/connectors";
import { eventually } from "./eventually.ts";
import type { Pipeline, PipelineTenant } from "./pipeline.ts";
import { sampleOf, sendSigned } from "./provider-client.ts";

/** Names as strangers choose them. */
export const HOSTILE_NAMES = [
  `<img src=x onerror="document.title='broken in'"><b>bold</b>`,
  "שלום עולם \u202Egnirts desrever",
  "🚀👩‍👩‍👧‍👦 Zoë \u0301\u0301\u0301",
  "A".repeat(10_000),
];

/**
 * Lets happen to a tenant what happens in a week: each sample of each provider, people with hostile names, deliveries with a
 * wrong signature, a replaced secret, and one that fails. Resolves when all of it is worked off.
 */
export async function tellStory(pipeline: Pipeline, tenant: PipelineTenant): Promise<void> {
  for (const provider of PROVIDERS) {
    for (const name of Object.keys(connectors[provider].samples)) await tenant.sendSample(provider, name, "story");
  }
  for (const [index, name] of HOSTILE_NAMES.entries()) {
    const person = { name, email: `hostile-${index}@example.com`, externalId: `user_hostile_${index}` };
    await tenant.send("clerk", sampleOf("clerk", "user.created", { at: Date.now(), seed: `hostile${index}`, person }));
  }
  const strangers = connectors.polar.makeSecret(Buffer.alloc(24, 99));
  for (let i = 0; i < 12; i++) {
    await sendSigned(pipeline.ingestUrls[0], tenant.id, "polar", sampleOf("polar", "order.paid", { at: Date.now(), seed: `wrong${i}` }), strangers);
  }
  await tenant.send("stripe", { id: "evt_unreadable", body: UNREADABLE });
  await pipeline.api.saveIntegration(tenant.id, "stripe", { signingSecret: connectors.stripe.makeSecret(Buffer.alloc(24, 9)) });
  await tenant.settled();
  // Rejections are told of a moment later.
  await eventually(() => pipeline.api.deliveries(tenant.id, "outcome=rejected"), (rejected) => rejected.length > 0);
}

/** Rightly signed, and nothing that its type promises. */
export const UNREADABLE = JSON.stringify({
  id: "evt_unreadable",
  object: "event",
  type: "invoice.payment_failed",
  created: 1_790_000_000,
  data: { object: { object: "invoice" } },
});
