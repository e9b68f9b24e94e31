import pg from "pg";
import type { Bed } from "./bed.ts";

const ID = (number: string) => `('00000000-0000-7000-8000-' || lpad(to_hex(${number}), 12, '0'))::uuid`;

/**
 * Fills the bed's tables with contacts (each with an identity and a subject) and events, spread over its tenants, as they
 * would stand after years, and has Postgres tidy up and write it all out.
 */
export async function crowd(bed: Bed, { contacts, events }: { readonly contacts: number; readonly events: number }): Promise<void> {
  const tenant = `'bench-' || (i % ${bed.tenants.length})`;
  const ofContact = `(1 + i % ${contacts})`;
  // A connection of its own: the store's gives up what takes so long.
  const client = new pg.Client({ connectionString: bed.postgres.url });
  await client.connect();
  try {
    await client.query(`
      INSERT INTO contacts (id, tenant_id, email, name, attributes, created_at, updated_at)
        SELECT ${ID("i")}, ${tenant}, 'p' || i || '@crowd.test', 'P ' || i, '{"plan": "pro"}', now(), now()
          FROM generate_series(1, ${contacts}) i;
      INSERT INTO identities (tenant_id, space, external_id, provider, contact_id, facts)
        SELECT ${tenant}, 'stripe', 'cus_crowd' || i, 'stripe', ${ID("i")}, '{}'::jsonb FROM generate_series(1, ${contacts}) i;
      INSERT INTO subjects (tenant_id, provider, subject, firsts)
        SELECT ${tenant}, 'stripe', 'subscription:sub_crowd' || i, '{}' FROM generate_series(1, ${contacts}) i;
      INSERT INTO events (tenant_id, seq, id, type, provider, provider_event_id, event_key, provider_event_type, contact_id,
                          subject, signup, occurred_at, recorded_at, data)
        SELECT 'bench-' || (c % ${bed.tenants.length}), -i, ${ID("i")}, 'payment-failed', 'stripe', 'evt_crowd' || i, 'evt_crowd' || i,
               'invoice.payment_failed', ${ID("c")}, 'invoice:in_crowd' || i, false, now(), now(), '{"amount": 2000, "currency": "usd"}'
          FROM (SELECT i, ${ofContact} AS c FROM generate_series(1, ${events}) i) numbered`);
    await client.query("VACUUM ANALYZE contacts, identities, subjects, events");
    await client.query("CHECKPOINT");
  } finally {
    await client.end();
  }
}
