import { Queue } from "bullmq";
import express from "express";
import { Redis } from "ioredis";
import type { IncomingHttpHeaders } from "node:http";
import { Webhook as StandardWebhook } from "standardwebhooks";
import Stripe from "stripe";
import { Webhook as SvixWebhook } from "svix";

// The least that takes a webhook with the same libraries: verifies, marks the event as seen, adds a job. It has one secret a
// provider, and no outage, no list of deliveries and no stranger to think of.
const { PORT = "", REDIS_URL = "", STRIPE_SECRET = "", POLAR_SECRET = "", CLERK_SECRET = "" } = process.env;
const SEEN_SECONDS = 14 * 86_400;
const RETRIES = { attempts: 8, backoff: { type: "exponential", delay: 1_000 } };

const redis = new Redis(REDIS_URL, { maxRetriesPerRequest: null, enableAutoPipelining: true });
const queue = new Queue("plain", { connection: redis, defaultJobOptions: RETRIES });
const stripe = new Stripe("none").webhooks;
const polar = new StandardWebhook(POLAR_SECRET);
const clerk = new SvixWebhook(CLERK_SECRET);

const app = express();
app.disable("x-powered-by").disable("etag");
app.post("/api/webhooks/:provider/:tenantId", express.raw({ type: () => true, limit: "1mb" }), async (request, response) => {
  const { provider, tenantId } = request.params;
  const body: Buffer = request.body;
  const id = verified(provider, request.headers, body);
  const isNew = (await redis.set(`seen:${tenantId}:${provider}:${id}`, 1, "EX", SEEN_SECONDS, "NX")) !== null;
  if (isNew) await queue.add(provider, { tenantId, provider, id, body: body.toString() });
  response.json({ status: isNew ? "queued" : "duplicate" });
});
app.get("/", (_request, response) => void response.end());
app.listen(Number(PORT), "127.0.0.1");

/** The event's id. Throws where the signature is wrong. */
function verified(provider: string, headers: IncomingHttpHeaders, body: Buffer): string {
  if (provider === "stripe") return stripe.constructEvent(body, headers["stripe-signature"] ?? "", STRIPE_SECRET).id;
  const signed = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  (provider === "polar" ? polar : clerk).verify(body.toString(), signed);
  return signed[provider === "polar" ? "webhook-id" : "svix-id"] ?? "";
}
