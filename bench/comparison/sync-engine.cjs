// Stripe webhooks into Postgres the common way: verified and written while the provider waits, by the engine itself.
// Runs in a folder of its own, where the engine, stripe and express are installed; they are no dependencies of this project.
// CommonJS, because the engine finds its migrations by `__dirname`.
const { StripeSync, runMigrations } = require("@supabase/stripe-sync-engine");
const express = require("express");

const { DATABASE_URL, PORT, STRIPE_SECRET } = process.env;
const sync = new StripeSync({
  poolConfig: { connectionString: DATABASE_URL, max: 20 },
  stripeSecretKey: "sk_test_never_asked_anything",
  stripeWebhookSecret: STRIPE_SECRET,
  // Both would ask Stripe's servers: the event alone is written, as fast as it can be.
  backfillRelatedEntities: false,
  autoExpandLists: false,
});
const app = express();
app.disable("x-powered-by").disable("etag");
app.get("/readyz", (_request, response) => void response.end());
app.post("/api/webhooks/:provider/:tenantId", express.raw({ type: () => true, limit: "1mb" }), async (request, response) => {
  await sync.processWebhook(request.body, request.headers["stripe-signature"]);
  response.json({ received: true });
});
runMigrations({ databaseUrl: DATABASE_URL, schema: "stripe", logger: { ...console, error: fail } }).then(() => app.listen(Number(PORT), "127.0.0.1"));

// The engine itself would go on without its tables.
function fail(error) {
  throw error;
}
