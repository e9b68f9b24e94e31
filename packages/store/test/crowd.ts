import type { Store } from "../src/index.ts";

/** The tenant that has most of everything. */
export const BIG = "t1";
const CONTACTS = 30_000;
const EVENTS = 80_000;
const DELIVERIES = 80_000;

/** An id made of a number, so that ids sort as the numbers do. */
export function idOf(number: number): string {
  return `00000000-0000-7000-8000-${number.toString(16).padStart(12, "0")}`;
}

const ID = (number: string) => `('00000000-0000-7000-8000-' || lpad(to_hex(${number}), 12, '0'))::uuid`;
/** Four in five rows belong to the big tenant, the others to nineteen small ones. */
const TENANT = `CASE WHEN i % 5 = 0 THEN 't' || (2 + i % 19) ELSE '${BIG}' END`;

/** Fills a database with so much that no plan of worth reads a table whole, and lets Postgres count it. */
export async function addCrowd(store: Store): Promise<void> {
  await store.pool.query(`
    INSERT INTO tenants (id, name) SELECT 't' || i, 'Tenant ' || i FROM generate_series(1, 20) i;
    INSERT INTO streams (tenant_id, last_seq) SELECT id, ${EVENTS} FROM tenants ON CONFLICT DO NOTHING;
    INSERT INTO contacts (id, tenant_id, email, name, attributes, created_at, updated_at)
      SELECT ${ID("i")}, ${TENANT}, 'p' || i || '@x.test', 'P ' || i, '{"plan": "pro"}', now(), now()
        FROM generate_series(1, ${CONTACTS}) i;
    INSERT INTO contact_redirects (tenant_id, old_id, contact_id)
      SELECT ${TENANT}, ${ID("i + 1000000")}, ${ID("i")} FROM generate_series(1, ${CONTACTS} / 10) i;
    INSERT INTO identities (tenant_id, space, external_id, provider, contact_id, facts)
      SELECT ${TENANT}, 'stripe', 'cus_' || i, 'stripe', ${ID("i")}, '{}'::jsonb FROM generate_series(1, ${CONTACTS}) i
      UNION ALL
      SELECT ${TENANT}, 'email', 'p' || i || '@x.test', 'email', ${ID("i")}, '{}'::jsonb FROM generate_series(1, ${CONTACTS}) i
      UNION ALL
      SELECT ${TENANT}, 'app', 'user_' || i, 'clerk', ${ID("i")}, '{}'::jsonb FROM generate_series(1, ${CONTACTS}, 10) i
      UNION ALL
      SELECT ${TENANT}, 'polar', 'pol_' || i, 'polar', ${ID("i")}, '{}'::jsonb FROM generate_series(1, 3) i;
    INSERT INTO subjects (tenant_id, provider, subject, firsts)
      SELECT ${TENANT}, 'stripe', 'subscription:sub_' || i, '{}' FROM generate_series(1, ${CONTACTS}) i;
    INSERT INTO events (tenant_id, seq, id, type, provider, provider_event_id, event_key, provider_event_type, contact_id,
                        subject, signup, occurred_at, recorded_at, data)
      SELECT ${TENANT}, i, ${ID("i")},
             CASE WHEN i < 5 THEN 'refund-issued' WHEN i % 2 = 0 THEN 'purchase' ELSE 'payment-failed' END,
             CASE WHEN i < 5 THEN 'polar' ELSE 'stripe' END, 'evt_' || i, 'evt_' || i, 'invoice.paid',
             ${ID(`1 + i % ${CONTACTS}`)}, 'subscription:sub_' || i, false, now(), now(), '{}'
        FROM generate_series(1, ${EVENTS}) i;
    INSERT INTO deliveries (tenant_id, id, provider, provider_event_id, provider_event_type, outcome, received_at, contact_id)
      SELECT ${TENANT}, ${ID("i")}, CASE WHEN i < 5 THEN 'polar' ELSE 'stripe' END, 'evt_' || i, 'invoice.paid',
             CASE WHEN i < 5 THEN 'failed' WHEN i % 3 = 0 THEN 'ignored' ELSE 'processed' END, now(),
             ${ID(`1 + i % ${CONTACTS}`)}
        FROM generate_series(1, ${DELIVERIES}) i;
    INSERT INTO payloads (tenant_id, delivery_id, body)
      SELECT tenant_id, id, '{"id": "' || provider_event_id || '"}' FROM deliveries;
    INSERT INTO delivery_counts (tenant_id, provider, hour, outcome, count)
      SELECT t.id, p, date_trunc('hour', now()) - h * interval '1 hour', o, 3
        FROM tenants t, unnest(ARRAY['stripe', 'polar', 'clerk']) p, unnest(ARRAY['processed', 'ignored', 'rejected']) o,
             generate_series(0, 300) h;
    INSERT INTO connector_health (tenant_id, provider, contacts)
      SELECT t.id, p, 10 FROM tenants t, unnest(ARRAY['stripe', 'polar', 'clerk']) p`);
  await store.pool.query("VACUUM ANALYZE");
}
