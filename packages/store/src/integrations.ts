import type { EventType, Provider } from "@mara/connectors";
import type { ConnectorHealth } from "./health.ts";
import type { Store } from "./open-store.ts";

/** The longest that a replaced secret can stay valid: thirty days. */
export const MAX_OVERLAP_HOURS = 720;
export const DEFAULT_OVERLAP_HOURS = 24;

/** A tenant's settings for one provider. Times in epoch milliseconds. */
export interface Integration {
  readonly provider: Provider;
  /** Whether it has a signing secret, so that deliveries can be verified. */
  readonly configured: boolean;
  /** The active ones, newest first. */
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
  /** Active at once. Those before it stay active for `overlapHours` (default 24), unless they end sooner. */
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
  throw new Error(`not yet: ${String(store)} ${tenantId} ${providers.length} ${now}`);
}

/**
 * Changes a tenant's settings for a provider. `firstApiKey`: there was no API key before, and now there is.
 * Throws `InvalidInput` for what can't be kept (whether a secret has its provider's form is for the connector to say).
 */
export async function saveIntegration(
  store: Store,
  tenantId: string,
  provider: Provider,
  change: IntegrationChange,
  now: number = Date.now(),
): Promise<{ readonly integration: Integration; readonly firstApiKey: boolean }> {
  throw new Error(`not yet: ${String(store)} ${tenantId} ${provider} ${Object.keys(change).join()} ${now}`);
}

/** Forgets a provider's secrets, API key and settings, and ends a running backfill of it. Contacts and events stay. */
export async function removeIntegration(store: Store, tenantId: string, provider: Provider): Promise<void> {
  throw new Error(`not yet: ${String(store)} ${tenantId} ${provider}`);
}
