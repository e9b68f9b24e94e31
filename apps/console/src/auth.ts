import { createHash, timingSafeEqual } from "node:crypto";
import { findTenant, TENANT_ID, tenantOfToken, type Store } from "@mara/store";
import type { Backing } from "./backing.ts";

/** Who asks: an operator, who sees every tenant, or a tenant, who sees only itself. */
export type Caller = { readonly kind: "operator" } | { readonly kind: "tenant"; readonly tenantId: string };

/** Tokens are far shorter; what is longer is not worth a query. */
const LONGEST_TOKEN = 512;

/** Whose token this is; null where it is nobody's. Looked up each time, so that a token that was replaced ends at once. */
export async function callerOfToken(
  { store, adminToken }: Pick<Backing, "store" | "adminToken">,
  token: string,
): Promise<Caller | null> {
  if (token.length > LONGEST_TOKEN) return null;
  if (isSame(token, adminToken)) return { kind: "operator" };
  const tenant = await tenantOfToken(store, token);
  return tenant && { kind: "tenant", tenantId: tenant.id };
}

/** Whether there is such a tenant, as far as the caller may know. */
export async function maySee(store: Store, caller: Caller, tenantId: string): Promise<boolean> {
  if (caller.kind === "tenant") return caller.tenantId === tenantId;
  return TENANT_ID.test(tenantId) && (await findTenant(store, tenantId)) !== null;
}

/** Compares hashes, so that neither content nor length shows in the time it takes. */
function isSame(given: string, expected: string): boolean {
  return timingSafeEqual(sha256(given), sha256(expected));
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
