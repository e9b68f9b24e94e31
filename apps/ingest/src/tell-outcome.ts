import { isProvider } from "@mara/connectors";
import type { Logger } from "@mara/runtime";
import { TENANT_ID } from "@mara/store";
import { reasonOf, type Outcome } from "./outcome.ts";
import type { Arrival } from "./receive.ts";

/**
 * One line at `debug` for each delivery. What stands in the path is a stranger's word, so it is told only where it is a
 * provider or can be a tenant's id.
 */
export function tellOutcome(log: Logger, delivery: Named, outcome: Outcome): void {
  // This is the way of every delivery: where nobody listens, nothing is made.
  if (!log.isLevelEnabled("debug")) return;
  const { id, provider, tenantId } = delivery;
  log.debug(
    {
      requestId: id,
      tenantId: TENANT_ID.test(tenantId) ? tenantId : undefined,
      provider: isProvider(provider) ? provider : undefined,
      outcome: outcome.kind,
      reason: reasonOf(outcome),
      enqueued: outcome.kind === "ignored" ? outcome.enqueued : undefined,
    },
    "a delivery came to its outcome",
  );
}

type Named = Pick<Arrival, "id" | "provider" | "tenantId">;
