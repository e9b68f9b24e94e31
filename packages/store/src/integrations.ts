import type { EventType, Provider } from "@mara/connectors";
import type { Integration as IntegrationRow, Prisma, SigningSecret } from "./generated/client.ts";
import { readHealth, type ConnectorHealth } from "./health.ts";
import { InvalidInput } from "./invalid-input.ts";
import type { Store } from "./open-store.ts";
import { BACKFILLED, endBackfill, hasFailedLast, insertBackfill, type Backfill } from "./backfills.ts";
import { openOrNull, seal } from "./seal.ts";
import { hintOf, rotateSecret } from "./secrets.ts";
import { checkLine } from "./text.ts";

const HOUR = 3_600_000;
const MAX_SECRET = 512;

/** The longest that a replaced secret can stay valid: thirty days. */
export const MAX_OVERLAP_HOURS = 720;
export const OVERLAP_RULE = `must be from 0 to ${MAX_OVERLAP_HOURS}`;
export const DEFAULT_OVERLAP_HOURS = 24;

/** A tenant's settings for one provider. Times in epoch milliseconds. */
export interface Integration {
  readonly provider: Provider;
  /** Whether it has a signing secret, so that deliveries can be verified. */
  readonly configured: boolean;
  /** The active ones: the one that stays, then those that end, the last to end first. */
  readonly secrets: readonly SecretHint[];
  readonly apiKey: { readonly hint: string } | null;
  readonly signupEvent: string | null;
  readonly health: ConnectorHealth;
}

/** What may be shown of a secret: its prefix and last four characters. */
export interface SecretHint {
  readonly id: string;
  readonly hint: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
}

/** What is absent stays as it is; null clears. */
export interface IntegrationChange {
  /**
   * Active at once. Those before it stay active for `overlapHours` (default 24), unless they end sooner. One that is in use
   * already replaces nothing: those before it keep their time where no `overlapHours` are given.
   */
  readonly signingSecret?: string | undefined;
  readonly overlapHours?: number | undefined;
  readonly apiKey?: string | null | undefined;
  readonly signupEvent?: EventType | null | undefined;
}

/** One for each of `providers`, set up or not, in that order. */
export async function listIntegrations(
  store: Store,
  tenantId: string,
  providers: readonly Provider[],
  now: number = Date.now(),
): Promise<Integration[]> {
  const rows = await store.prisma.integration.findMany({ where: { tenantId } });
  const secrets = await store.prisma.signingSecret.findMany({
    where: { tenantId, OR: [{ expiresAt: null }, { expiresAt: { gt: new Date(now) } }] },
    // The newest may be one that ends: an older one that is pasted again takes its place.
    orderBy: [{ expiresAt: { sort: "desc", nulls: "first" } }, { createdAt: "desc" }, { id: "desc" }],
    omit: { sealed: true },
  });
  const health = await readHealth(store, tenantId, providers, now);
  return [...health].map(([provider, figures]) =>
    integrationOf(
      provider,
      rows.find((row) => row.provider === provider),
      secrets.filter((secret) => secret.provider === provider),
      figures,
    ),
  );
}

function integrationOf(
  provider: Provider,
  row: IntegrationRow | undefined,
  secrets: readonly Omit<SigningSecret, "sealed">[],
  health: ConnectorHealth,
): Integration {
  return {
    provider,
    configured: secrets.length > 0,
    secrets: secrets.map((secret) => ({
      id: secret.id,
      hint: secret.hint,
      createdAt: secret.createdAt.getTime(),
      expiresAt: secret.expiresAt?.getTime() ?? null,
      lastUsedAt: secret.lastUsedAt?.getTime() ?? null,
    })),
    apiKey: row?.apiKeyHint ? { hint: row.apiKeyHint } : null,
    signupEvent: row?.signupEvent ?? null,
    health,
  };
}

/**
 * Changes a tenant's settings for a provider. `firstImport` is what began with the API key (`backfillWith`): it is kept with
 * the key or not at all, so that no failure afterwards loses it. Put its job on the queue.
 * Throws `InvalidInput` for what can't be kept (whether a secret has its provider's form is for the connector to say).
 */
export async function saveIntegration(
  store: Store,
  tenantId: string,
  provider: Provider,
  change: IntegrationChange,
  now: number = Date.now(),
): Promise<{ readonly integration: Integration; readonly firstImport: Backfill | null }> {
  const { signingSecret, apiKey, signupEvent } = change;
  const overlapHours = overlapOf(change);
  if (signingSecret !== undefined) checkLine("signingSecret", signingSecret, MAX_SECRET);
  if (typeof apiKey === "string") checkLine("apiKey", apiKey, MAX_SECRET);

  const firstImport = await store.prisma.$transaction(async (transaction) => {
    const sealedKey = await lockIntegration(transaction, tenantId, provider);
    const data: Prisma.IntegrationUpdateInput = {};
    if (signupEvent !== undefined) data.signupEvent = signupEvent;
    if (apiKey !== undefined) {
      data.apiKey = apiKey === null ? null : seal(store.keyring, { tenantId, provider, purpose: "api key" }, apiKey);
      data.apiKeyHint = apiKey === null ? null : hintOf(apiKey);
    }
    await transaction.integration.update({ where: { tenantId_provider: { tenantId, provider } }, data });
    if (signingSecret !== undefined) {
      const secret = { tenantId, provider, value: signingSecret };
      await rotateSecret(transaction, store.keyring, secret, {
        now: new Date(now),
        overlapUntil: new Date(now + overlapHours * HOUR),
        asked: change.overlapHours !== undefined,
      });
    }
    if (apiKey === undefined || provider !== BACKFILLED) return null;
    return await backfillWith(apiKey, { transaction, tenantId, before: openedKey(store, tenantId, sealedKey) });
  });
  const [integration] = await listIntegrations(store, tenantId, [provider], now);
  if (!integration) throw new Error("the integration was saved but is not listed");
  return { integration, firstImport };
}

/** `other`: one that can't be opened, so that it may be another one. */
type KeyBefore = { readonly key: string | null } | "other";

function openedKey(store: Store, tenantId: string, sealed: Uint8Array | null): KeyBefore {
  if (sealed === null) return { key: null };
  const key = openOrNull(store.keyring, { tenantId, provider: BACKFILLED, purpose: "api key" }, sealed);
  return key === null ? "other" : { key };
}

/**
 * What a pasted or cleared API key makes of the tenant's backfills. A page is written only while its backfill is under way,
 * and no backfill outlives its key: another key may be another instance's, whose users have nothing to do with those before.
 * So the first key begins one; another key begins it anew where it was under way, or where the last one failed, as it
 * does with a wrong key or one that was revoked before it was replaced. The same key again changes nothing.
 */
async function backfillWith(
  apiKey: string | null,
  { transaction, tenantId, before }: { transaction: Prisma.TransactionClient; tenantId: string; before: KeyBefore },
): Promise<Backfill | null> {
  if (before !== "other" && before.key === apiKey) return null;
  const wasUnderWay = await endBackfill(transaction, tenantId);
  if (apiKey === null) return null;
  const isFirst = before !== "other" && before.key === null;
  const isWanted = isFirst || wasUnderWay || (await hasFailedLast(transaction, tenantId));
  return isWanted ? await insertBackfill(transaction, tenantId) : null;
}

function overlapOf({ overlapHours = DEFAULT_OVERLAP_HOURS }: IntegrationChange): number {
  if (overlapHours >= 0 && overlapHours <= MAX_OVERLAP_HOURS) return overlapHours;
  throw new InvalidInput("overlapHours", OVERLAP_RULE);
}

/**
 * Makes the integration's row where it is missing, and holds it, so that changes of one integration take turns. Answers its
 * sealed API key; null where it has none.
 */
async function lockIntegration(
  transaction: Prisma.TransactionClient,
  tenantId: string,
  provider: Provider,
): Promise<Uint8Array | null> {
  const rows = await transaction.$queryRaw<{ api_key: Uint8Array | null }[]>`
    INSERT INTO integrations (tenant_id, provider) VALUES (${tenantId}, ${provider})
    ON CONFLICT (tenant_id, provider) DO UPDATE SET updated_at = now()
    RETURNING api_key`;
  return rows[0]?.api_key ?? null;
}

/** Forgets a provider's secrets, API key and settings, and ends a backfill of it. Contacts and events stay. */
export async function removeIntegration(store: Store, tenantId: string, provider: Provider): Promise<void> {
  await store.prisma.$transaction(async (transaction) => {
    await lockIntegration(transaction, tenantId, provider);
    await transaction.signingSecret.deleteMany({ where: { tenantId, provider } });
    await transaction.integration.delete({ where: { tenantId_provider: { tenantId, provider } } });
    if (provider === BACKFILLED) await endBackfill(transaction, tenantId);
  });
}
