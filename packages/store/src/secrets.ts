import type { Provider } from "@mara/connectors";
import { v7 as uuid } from "uuid";
import type { Prisma } from "./generated/client.ts";
import type { Keyring } from "./keyring.ts";
import type { Store } from "./open-store.ts";
import { openOrNull, seal, type CannotOpen, type Place } from "./seal.ts";
import { TENANT_ID } from "./tenants.ts";

/** The most secrets of an integration that count at once: every delivery with a wrong signature is checked against all. */
const MAX_ACTIVE = 5;
/** The most that are kept at all. Old ones only tell which secret verified an old delivery. */
const MAX_KEPT = 20;

/** The longest that it may take to find out of all tenants those that were heard of last: of half a million, 2 s. */
const AMONG_ALL_MS = 10_000;

/** A signing secret in the clear. It counts until `expiresAt` (epoch milliseconds), or for good. */
export interface OpenedSecret {
  readonly id: string;
  readonly value: string;
  readonly expiresAt: number | null;
}

/** One that counts as long, but can't be opened: `SECRETS_KEY` lacks the key that sealed it, for good or in this process. */
export interface SealedSecret {
  readonly id: string;
  readonly value: null;
  readonly expiresAt: number | null;
}

/** The secrets that are active, by provider, the one that stays before those that end. A provider that is absent has none. */
export type TenantSecrets = { readonly [P in Provider]?: readonly (OpenedSecret | SealedSecret)[] };

/**
 * What a provider's signatures can be made and checked with. `sealed`: it has active secrets and none of them can be opened,
 * so that nobody can tell a right signature from a wrong one. `hasSealed`: another is active that can't be opened, so that
 * a signature which none of `secrets` made may be right all the same.
 */
export type UsableSecrets =
  | {
      readonly kind: "opened";
      readonly secrets: readonly [first: OpenedSecret, ...others: OpenedSecret[]];
      readonly hasSealed: boolean;
    }
  | { readonly kind: "none" }
  | { readonly kind: "sealed" };

interface SecretRow {
  readonly tenantId: string;
  /** All null where a tenant has no secret. */
  readonly id: string | null;
  readonly provider: Provider | null;
  readonly sealed: Buffer | null;
  readonly expiresAt: Date | null;
}

/** Hears of each secret that can't be opened. */
export type OnSealed = (error: CannotOpen) => void;

/** The active signing secrets of some tenants, in one query. A tenant that is missing in the answer does not exist. */
export async function loadSecrets(
  store: Store,
  tenantIds: readonly string[],
  onSealed?: OnSealed,
): Promise<Map<string, TenantSecrets>> {
  const ids = tenantIds.filter((id) => TENANT_ID.test(id));
  if (ids.length === 0) return new Map();
  return query(store, { tenants: "SELECT id FROM tenants WHERE id = ANY($1::text[])", given: ids }, onSealed);
}

/** The same for up to `limit` tenants, those that were heard of last first: warms an ingest process that begins. */
export async function loadSecretsOfAll(
  store: Store,
  limit: number,
  onSealed?: OnSealed,
): Promise<Map<string, TenantSecrets>> {
  const tenants = `SELECT t.id FROM tenants t LEFT JOIN connector_health h ON h.tenant_id = t.id
      GROUP BY t.id ORDER BY max(h.last_activity_at) DESC NULLS LAST LIMIT $1`;
  return query(store, { tenants, given: limit, timeoutMs: AMONG_ALL_MS }, onSealed);
}

async function query(
  store: Store,
  { tenants, given, timeoutMs }: { readonly tenants: string; readonly given: unknown; readonly timeoutMs?: number },
  onSealed?: OnSealed,
): Promise<Map<string, TenantSecrets>> {
  const asked = {
    text: `SELECT t.id AS "tenantId", s.id, s.provider, s.sealed, s.expires_at AS "expiresAt"
       FROM (${tenants}) t
       LEFT JOIN signing_secrets s ON s.tenant_id = t.id AND (s.expires_at IS NULL OR s.expires_at > $2)
      ORDER BY s.expires_at DESC NULLS FIRST, s.created_at DESC, s.id DESC`,
    values: [given, new Date()],
    // In place of the store's own.
    query_timeout: timeoutMs,
  };
  const { rows } = await store.pool.query<SecretRow>(asked);
  const byTenant = new Map<string, SecretRow[]>();
  for (const row of rows) byTenant.set(row.tenantId, [...(byTenant.get(row.tenantId) ?? []), row]);
  return new Map([...byTenant].map(([tenantId, secrets]) => [tenantId, openAll(store.keyring, secrets, onSealed)]));
}

function openAll(keyring: Keyring, rows: readonly SecretRow[], onSealed?: OnSealed): TenantSecrets {
  const secrets: { [P in Provider]?: (OpenedSecret | SealedSecret)[] } = {};
  for (const { tenantId, id, provider, sealed, expiresAt } of rows) {
    if (id === null || provider === null || sealed === null) continue;
    const value = openOrNull(keyring, { tenantId, provider, purpose: "signing secret" }, sealed, onSealed);
    const until = expiresAt?.getTime() ?? null;
    const secret = value === null ? { id, value, expiresAt: until } : { id, value, expiresAt: until };
    secrets[provider] = [...(secrets[provider] ?? []), secret];
  }
  return secrets;
}

/** What of a provider's secrets can be used at a time. One that can't be opened takes nothing from those that can. */
export function usableSecrets(of: TenantSecrets, provider: Provider, now: number): UsableSecrets {
  const active = (of[provider] ?? []).filter(({ expiresAt }) => expiresAt === null || expiresAt > now);
  const opened = active.filter((secret) => secret.value !== null);
  const [first, ...others] = opened;
  if (first !== undefined) return { kind: "opened", secrets: [first, ...others], hasSealed: opened.length < active.length };
  return { kind: active.length > 0 ? "sealed" : "none" };
}

/**
 * Makes `value` the secret of an integration, active at once; the others stay until `overlapUntil`, or end sooner as they
 * would have. One that is pasted again is the same secret: it counts for good again. Where it did anyway it replaces nothing,
 * and the others end as they would have, unless the overlap was `asked` for. Those that can't be opened are removed: they could
 * only stand in the way. The integration's row must be locked.
 */
export async function rotateSecret(
  transaction: Prisma.TransactionClient,
  keyring: Keyring,
  { tenantId, provider, value }: { readonly tenantId: string; readonly provider: Provider; readonly value: string },
  { now, overlapUntil, asked }: { readonly now: Date; readonly overlapUntil: Date; readonly asked: boolean },
): Promise<void> {
  const place: Place = { tenantId, provider, purpose: "signing secret" };
  const rows = await transaction.signingSecret.findMany({ where: { tenantId, provider } });
  const opened = rows.map((row) => ({ ...row, value: openOrNull(keyring, place, row.sealed) }));
  // Matches the very bytes, so that one which a process with more keys seals again in between stays.
  const lost = opened.filter((row) => row.value === null).map(({ id, sealed }) => ({ id, sealed }));
  if (lost.length > 0) await transaction.signingSecret.deleteMany({ where: { OR: lost } });

  const known = opened.find((row) => row.value === value);
  const current = known?.id ?? uuid();
  const sealed = seal(keyring, place, value);
  if (known) {
    // Sealed anew as well: while it did not count, it was not resealed, and its key may be about to go.
    await transaction.signingSecret.update({ where: { id: current }, data: { sealed, expiresAt: null } });
  } else {
    await transaction.signingSecret.create({
      data: { id: current, tenantId, provider, sealed, hint: hintOf(value), createdAt: now },
    });
  }
  if (known?.expiresAt === null && !asked) return;
  await transaction.signingSecret.updateMany({
    where: { tenantId, provider, id: { not: current }, OR: [{ expiresAt: null }, { expiresAt: { gt: overlapUntil } }] },
    data: { expiresAt: overlapUntil },
  });
  await prune(transaction, { tenantId, provider, current, now });
}

async function prune(
  transaction: Prisma.TransactionClient,
  { tenantId, provider, current, now }: { tenantId: string; provider: string; current: string; now: Date },
): Promise<void> {
  const others = await transaction.signingSecret.findMany({
    where: { tenantId, provider, id: { not: current } },
    orderBy: [{ expiresAt: "desc" }, { createdAt: "desc" }],
    select: { id: true, expiresAt: true },
  });
  const surplus = others.filter(
    ({ expiresAt }, i) => i >= MAX_KEPT - 1 || (i >= MAX_ACTIVE - 1 && expiresAt !== null && expiresAt > now),
  );
  if (surplus.length === 0) return;
  await transaction.signingSecret.deleteMany({ where: { id: { in: surplus.map(({ id }) => id) } } });
}

/** What may be shown of a secret or key: the prefix that tells its kind, and the last four characters. */
export function hintOf(secret: string): string {
  const prefix = /^[a-z]{2,6}_(?:(?:whs|test|live)_)?/.exec(secret)?.[0] ?? "";
  // Never so much that little would be left to guess.
  if (secret.length < 2 * (prefix.length + 4)) return "…";
  return `${prefix}…${secret.slice(-4)}`;
}
