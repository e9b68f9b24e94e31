import { createHash, randomBytes, randomInt } from "node:crypto";
import { InvalidInput, type InputIssue } from "./invalid-input.ts";
import type { Store } from "./open-store.ts";
import { limitOf, pageOf, readCursor, type CursorForm, type Page, type PageRequest } from "./page.ts";
import { isStorable, lineProblem } from "./text.ts";

/** What a tenant's id looks like. */
export const TENANT_ID = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const MAX_NAME = 200;

/** The prefix tells people, and scanners for leaked secrets, what a token is. */
const TOKEN = /^mara_[A-Za-z0-9_-]{43}$/;
const TOKEN_BYTES = 32;

const TENANTS: CursorForm = { list: "tenants", position: TENANT_ID };

export interface Tenant {
  readonly id: string;
  readonly name: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/** `token` is shown this once: only its hash is kept. `taken`: another tenant has the id. */
export type Created = { readonly kind: "created"; readonly tenant: Tenant; readonly token: string } | { readonly kind: "taken" };

/**
 * Makes a tenant with a token of its own. Without an `id` one is made from the name.
 * Throws `InvalidInput` with an issue for each of the two that can't be one.
 */
export async function createTenant(store: Store, given: { name: string; id?: string | undefined }): Promise<Created> {
  const name = given.name.trim();
  const [first, ...others] = issuesOf(name, given.id);
  if (first !== undefined) throw new InvalidInput(first.path, first.message, others);
  const id = given.id ?? makeId(name);
  const token = makeToken();
  // One statement, so that no tenant is ever without its stream.
  const { rows } = await store.pool.query<{ created_at: Date }>(
    `WITH tenant AS (
       INSERT INTO tenants (id, name, token_hash) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING RETURNING id, created_at
     ), stream AS (
       INSERT INTO streams (tenant_id) SELECT id FROM tenant
     )
     SELECT created_at FROM tenant`,
    [id, name, hashOf(token)],
  );
  const [row] = rows;
  return row ? { kind: "created", tenant: { id, name, createdAt: row.created_at.getTime() }, token } : { kind: "taken" };
}

function issuesOf(name: string, id: string | undefined): InputIssue[] {
  const issues: InputIssue[] = [];
  const problem = lineProblem(name, MAX_NAME);
  if (problem !== null) issues.push({ path: "name", message: problem });
  if (id !== undefined && !TENANT_ID.test(id)) {
    issues.push({ path: "id", message: "must have 1 to 63 of a-z, 0-9, _ and -, and begin with a letter or a digit" });
  }
  return issues;
}

export interface TenantFilter {
  /** A part of the name or of the id. Upper and lower case are the same. */
  readonly q?: string | undefined;
}

/** In the order of their ids. Throws `InvalidInput` for a limit or cursor that can't be one. */
export async function listTenants(store: Store, request: PageRequest & TenantFilter = {}): Promise<Page<Tenant>> {
  const limit = limitOf(request);
  const after = readCursor(TENANTS, request.cursor) ?? "";
  const { q = "" } = request;
  if (!isStorable(q)) return { items: [], nextCursor: null };
  const { rows } = await store.pool.query<{ id: string; name: string; createdAt: Date }>(
    `SELECT id, name, created_at AS "createdAt" FROM tenants
      WHERE id > $1 AND ($2 = '' OR id ~ $2 OR name ~ $2) ORDER BY id LIMIT $3`,
    [after, inAnyCase(q), limit + 1],
  );
  return pageOf(TENANTS, rows, limit, { position: (row) => row.id, item: tenantOf });
}

/**
 * A pattern that finds a text in upper and lower case. To Postgres itself, ä is no Ä where its locale is C, as the embedded
 * one's is.
 */
function inAnyCase(text: string): string {
  const either = (character: string) => {
    // With the letter itself, because a few are neither: of ǅ, the small one is ǆ and the capital one Ǆ.
    const forms = new Set([character, character.toLowerCase(), character.toUpperCase()]);
    return forms.size === 1 ? character.replace(/[.*+?()[\]{}|^$\\]/, "\\$&") : `(?:${[...forms].join("|")})`;
  };
  return Array.from(text, either).join("");
}

export async function findTenant(store: Store, id: string): Promise<Tenant | null> {
  if (!TENANT_ID.test(id)) return null;
  const row = await store.prisma.tenant.findUnique({ where: { id }, omit: { tokenHash: true } });
  return row && tenantOf(row);
}

/** Gives a tenant a new token; the old one is worth nothing at once. Null where there is no such tenant. */
export async function rotateToken(store: Store, tenantId: string): Promise<string | null> {
  if (!TENANT_ID.test(tenantId)) return null;
  const token = makeToken();
  const { count } = await store.prisma.tenant.updateMany({ where: { id: tenantId }, data: { tokenHash: hashOf(token) } });
  return count === 1 ? token : null;
}

/** Whose token this is; null for one that nobody has. */
export async function tenantOfToken(store: Store, token: string): Promise<Tenant | null> {
  if (!TOKEN.test(token)) return null;
  const row = await store.prisma.tenant.findUnique({ where: { tokenHash: hashOf(token) }, omit: { tokenHash: true } });
  return row && tenantOf(row);
}

function tenantOf(row: { id: string; name: string; createdAt: Date }): Tenant {
  return { id: row.id, name: row.name, createdAt: row.createdAt.getTime() };
}

function makeToken(): string {
  return `mara_${randomBytes(TOKEN_BYTES).toString("base64url")}`;
}

/** A token has 256 random bits: a plain hash of it can't be guessed back, and is found by an index. */
function hashOf(token: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash("sha256").update(token).digest());
}

/** The name in plain letters, and six characters that make it unique. */
function makeId(name: string): string {
  const plain = name
    .normalize("NFKD")
    .replaceAll(/\p{M}+/gu, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 40)
    .replaceAll(/^-+|-+$/g, "");
  const alphabet = "abcdefghjkmnpqrstuvwxyz23456789";
  const unique = Array.from({ length: 6 }, () => alphabet[randomInt(alphabet.length)]).join("");
  return `${plain || "tenant"}-${unique}`;
}
