import { connectors, EVENT_TYPES, type EventType, type Provider } from "@mara/connectors";
import { QueueUnavailable } from "@mara/queue";
import { MAX_OVERLAP_HOURS, OVERLAP_RULE, removeIntegration, saveIntegration, type Integration, type IntegrationChange } from "@mara/store";
import { z } from "zod";
import { apiKeyProblem } from "./api-key.ts";
import { enqueueBackfill } from "./backfill.ts";
import type { Backing } from "./backing.ts";
import { invalid } from "./respond.ts";

/**
 * Changes an integration. It is in force on every ingest process when this resolves; the first API key starts a backfill.
 * Throws `InvalidInput` for what can't be kept. Whatever else it throws, such as `QueueUnavailable` where ingest can't be told,
 * the change may be kept, with the backfill that it started, and making it again is safe.
 */
export async function changeIntegration(
  backing: Backing,
  tenantId: string,
  provider: Provider,
  change: IntegrationChange,
): Promise<{ readonly integration: Integration; readonly hasStartedBackfill: boolean }> {
  if (change.overlapHours !== undefined && change.signingSecret === undefined) {
    throw invalid("overlapHours", "says how long the replaced secret stays valid: it goes with a new signingSecret");
  }
  const { integration, firstImport } = await saveIntegration(backing.store, tenantId, provider, change);
  if (firstImport !== null) await enqueueBackfill(backing, tenantId, firstImport);
  await backing.desk.publishSettingsChange(tenantId);
  return { integration, hasStartedBackfill: firstImport !== null };
}

/** Removes an integration; its contacts and events stay. It is out of force on every ingest process when this resolves. */
export async function dropIntegration({ store, desk }: Backing, tenantId: string, provider: Provider): Promise<void> {
  await removeIntegration(store, tenantId, provider);
  await desk.publishSettingsChange(tenantId);
}

/** Settings are worth seeing while Redis is away: how much waits is unknown then, and null. */
export async function pendingCountsIfPossible({ desk, log }: Backing, tenantId: string): Promise<Record<Provider, number> | null> {
  return desk.pendingCounts(tenantId).catch((error: unknown) => {
    if (!(error instanceof QueueUnavailable)) throw error;
    log.warn({ err: error }, "Redis is away: integrations are shown without what is pending");
    return null;
  });
}

/** The URL that a tenant pastes at a provider. */
export function webhookUrlOf({ publicUrl }: Pick<Backing, "publicUrl">, tenantId: string, provider: Provider): string {
  return `${publicUrl}/api/webhooks/${provider}/${tenantId}`;
}

/** Whether a URL is one of this machine to itself, as it is by default: no provider reaches that. */
export function isOfThisMachine(url: string): boolean {
  return /^(?:(?:.+\.)?localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1?\])$/.test(new URL(url).hostname);
}

/**
 * The settings of one provider's integration. What is left out stays as it is; null takes the API key or the signup event
 * away. A signing secret is only ever replaced, or goes with the whole integration.
 */
export function settingsOf(provider: Provider) {
  return {
    signingSecret: z.string().superRefine(refusedBy(connectors[provider].secretProblem)).optional(),
    overlapHours: z.number().min(0, OVERLAP_RULE).max(MAX_OVERLAP_HOURS, OVERLAP_RULE).optional(),
    apiKey: z.string().superRefine(refusedBy(apiKeyProblemOf(provider))).nullable().optional(),
    signupEvent: z.enum(signupEventsOf(provider)).nullable().optional(),
  };
}

function apiKeyProblemOf(provider: Provider): (key: string) => string | null {
  return provider === "clerk" ? apiKeyProblem : () => `${connectors[provider].label} takes no API key: only Clerk's users are imported.`;
}

/** The events of a provider that can mean that somebody signed up: all that its mapping table makes, but for a deletion. */
export function signupEventsOf(provider: Provider): readonly EventType[] {
  const made = new Set<string | null>(connectors[provider].mapping.map((row) => row.becomes));
  return EVENT_TYPES.filter((type) => made.has(type) && type !== "user.deleted");
}

function refusedBy(problemOf: (text: string) => string | null) {
  return (text: string, context: z.RefinementCtx<string>): void => {
    const message = problemOf(text);
    if (message !== null) context.addIssue({ code: "custom", message });
  };
}
