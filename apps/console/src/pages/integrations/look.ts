import { connectors, PROVIDERS, type Provider } from "@mara/connectors";
import { latestBackfill, listIntegrations, type Backfill, type Integration } from "@mara/store";
import type { Backing } from "../../backing.ts";
import { pendingCountsIfPossible, webhookUrlOf } from "../../integrations.ts";
import { isLikelyStrangers, isRejection, problemInWords } from "../../problem.ts";
import { pathOf } from "../layout.tsx";
import { linkTo } from "../parts/query.ts";

/**
 * What an integration is at, at a glance. The last three only while nothing right came after the last problem: a few
 * deliveries without a signature, others that ingest turned away, and events that the worker gave up.
 */
export type State = "not-set-up" | "waiting" | "flowing" | "unsigned" | "rejecting" | "failing";

/** An integration as the settings show it. */
export interface Seen extends Integration {
  readonly label: string;
  readonly webhookUrl: string;
  /** The address of its row of the settings, unfolded. */
  readonly rowPath: string;
  /** The address of those of its deliveries that had a problem like the last one. */
  readonly troubledPath: string;
  readonly state: State;
  /** The last problem, with what to do about it. */
  readonly problem: string | null;
  /** How many deliveries wait; null where Redis can't be asked. */
  readonly pending: number | null;
}

/** Everything that the settings of a tenant show. */
export interface Overview {
  readonly integrations: readonly Seen[];
  readonly backfill: Backfill | null;
}

export async function lookAtIntegrations(backing: Backing, tenantId: string): Promise<Overview> {
  const [integrations, pending, backfill] = await Promise.all([
    listIntegrations(backing.store, tenantId, PROVIDERS),
    pendingCountsIfPossible(backing, tenantId),
    latestBackfill(backing.store, tenantId),
  ]);
  const see = (integration: Integration): Seen => ({
    ...integration,
    label: connectors[integration.provider].label,
    webhookUrl: webhookUrlOf(backing, tenantId, integration.provider),
    rowPath: rowOf(tenantId, integration.provider),
    troubledPath: troubledOf(tenantId, integration),
    state: stateOf(integration),
    problem: problemInWords(integration),
    pending: pending && pending[integration.provider],
  });
  return { integrations: integrations.map(see), backfill };
}

/** A provider's row of the settings, unfolded. */
export function rowOf(tenantId: string, provider: Provider): string {
  return `${pathOf(tenantId, "integrations")}?open=${provider}#${provider}`;
}

function troubledOf(tenantId: string, { provider, health: { lastProblem } }: Integration): string {
  const outcome = lastProblem === null || isRejection(lastProblem) ? "rejected" : "failed";
  return linkTo(pathOf(tenantId, "deliveries"), { provider, outcome });
}

export function stateOf({ configured, health }: Pick<Integration, "configured" | "health">): State {
  if (!configured) return "not-set-up";
  const { lastProblem, lastProblemAt, lastActivityAt } = health;
  if (lastProblem !== null && lastProblemAt !== null) {
    if (isRejection(lastProblem) && lastProblemAt > (lastActivityAt ?? 0)) return isLikelyStrangers(health) ? "unsigned" : "rejecting";
    if (!isRejection(lastProblem) && lastProblemAt >= (lastActivityAt ?? 0)) return "failing";
  }
  return lastActivityAt === null ? "waiting" : "flowing";
}

