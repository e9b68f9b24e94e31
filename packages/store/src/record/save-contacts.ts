import { arrays, jsonb, text, time, uuid } from "./arrays.ts";
import type { ContactRow, IdentityRow } from "./rows.ts";
import type { Transaction } from "./transaction.ts";

export async function saveContacts(transaction: Transaction, rows: readonly ContactRow[], now: number): Promise<void> {
  if (rows.length === 0) return;
  await transaction.query({
    text: `
      INSERT INTO contacts (tenant_id, id, email, name, username, avatar_url, attributes, deactivated_at, created_at, updated_at)
      SELECT tenant_id, id, email, name, username, avatar_url, attributes, deactivated_at, created_at, $10
        FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[],
                    $8::timestamptz[], $9::timestamptz[])
          AS c(tenant_id, id, email, name, username, avatar_url, attributes, deactivated_at, created_at)
      ON CONFLICT (id) DO UPDATE SET
        email = excluded.email, name = excluded.name, username = excluded.username, avatar_url = excluded.avatar_url,
        attributes = excluded.attributes, deactivated_at = excluded.deactivated_at, updated_at = excluded.updated_at`,
    values: [
      ...arrays(
        rows,
        text((c) => c.tenantId),
        uuid((c) => c.id),
        text((c) => c.email),
        text((c) => c.name),
        text((c) => c.username),
        text((c) => c.avatarUrl),
        jsonb((c) => c.attributes),
        time((c) => c.deactivatedAt),
        time((c) => c.createdAt),
      ),
      new Date(now),
    ],
  });
}

export async function saveIdentities(transaction: Transaction, rows: readonly IdentityRow<object>[]): Promise<void> {
  if (rows.length === 0) return;
  await transaction.query({
    text: `
      INSERT INTO identities (tenant_id, space, external_id, provider, contact_id, facts)
      SELECT tenant_id, space, external_id, provider, contact_id, facts
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::jsonb[])
          AS i(tenant_id, space, external_id, provider, contact_id, facts)
      ON CONFLICT (tenant_id, space, external_id) DO UPDATE SET
        provider = excluded.provider, contact_id = excluded.contact_id, facts = excluded.facts`,
    values: arrays(
      rows,
      text((i) => i.tenantId),
      text((i) => i.space),
      text((i) => i.externalId),
      text((i) => i.provider),
      uuid((i) => i.contactId),
      jsonb((i) => i.facts),
    ),
  });
}

export interface MergeRow {
  readonly tenantId: string;
  readonly from: string;
  readonly into: string;
}

/** Moves what hangs on merged contacts to the ones they went into, leaves a redirect for each, and removes them. */
export async function saveMerges(transaction: Transaction, rows: readonly MergeRow[]): Promise<void> {
  if (rows.length === 0) return;
  const values = arrays(rows, text((m) => m.tenantId), uuid((m) => m.from), uuid((m) => m.into));
  const merged = `unnest($1::text[], $2::uuid[], $3::uuid[]) AS m(tenant_id, old_id, new_id)`;
  await transaction.query(
    `UPDATE events e SET contact_id = m.new_id FROM ${merged} WHERE e.tenant_id = m.tenant_id AND e.contact_id = m.old_id`,
    values,
  );
  await transaction.query(
    `UPDATE deliveries d SET contact_id = m.new_id FROM ${merged} WHERE d.contact_id = m.old_id AND d.tenant_id = m.tenant_id`,
    values,
  );
  await transaction.query(
    `UPDATE contact_redirects r SET contact_id = m.new_id FROM ${merged}
      WHERE r.tenant_id = m.tenant_id AND r.contact_id = m.old_id`,
    values,
  );
  await transaction.query(
    `INSERT INTO contact_redirects (tenant_id, old_id, contact_id) SELECT tenant_id, old_id, new_id FROM ${merged}`,
    values,
  );
  await transaction.query(`DELETE FROM contacts c USING ${merged} WHERE c.tenant_id = m.tenant_id AND c.id = m.old_id`, values);
}

export interface MoveRow extends MergeRow {
  /** The identity that moves, `space:id`: what came through it goes with it. */
  readonly via: string;
}

/**
 * Moves what came through identities which left one contact for another; each may be named once. Those that went the same way
 * go together: one by one, each would walk through all that its contact has.
 */
export async function saveMoves(transaction: Transaction, rows: readonly MoveRow[]): Promise<void> {
  const ways = new Map<string, MergeRow & { readonly vias: string[] }>();
  for (const { tenantId, from, into, via } of rows) {
    const way = `${tenantId} ${from} ${into}`;
    const known = ways.get(way);
    if (known) known.vias.push(via);
    else ways.set(way, { tenantId, from, into, vias: [via] });
  }
  for (const { tenantId, from, into, vias } of ways.values()) {
    for (const table of ["events", "deliveries"]) {
      await transaction.query(
        `UPDATE ${table} SET contact_id = $3 WHERE tenant_id = $1 AND contact_id = $2 AND via = ANY($4::text[])`,
        [tenantId, from, into, vias],
      );
    }
  }
}
