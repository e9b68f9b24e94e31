/**
 * The contact that an id leads to, in SQL: itself, or the one that its contact was merged into. It belongs into the statement
 * that reads on: what was found out by one statement before is nobody's id any more where a merge comes between.
 * `tenant` and `id` are parameters of the statement.
 */
export function resolvedContact(tenant: `$${number}`, id: `$${number}`): string {
  return `COALESCE((SELECT r.contact_id FROM contact_redirects r WHERE r.tenant_id = ${tenant} AND r.old_id = ${id}), ${id}::uuid)`;
}
