import type { ProviderEvent } from "@mara/connectors";
import type { Span, Tracing } from "@mara/runtime";
import { reasonOf, type Outcome } from "./outcome.ts";

export type Step = "read the body" | "look up the secret" | "verify" | "normalise" | "admit";

/** One delivery on its way through ingest, as OpenTelemetry follows it. */
export interface Followed {
  /** What the worker goes on from; undefined where this delivery is not among the sampled. */
  readonly traceparent: string | undefined;
  /** The step before is over, and this one begins. */
  step(step: Step): void;
  /** What the delivery turned out to tell of. */
  identified(event: ProviderEvent): void;
  /** The delivery is done with. */
  ended(outcome: Outcome): void;
}

/**
 * A trace begins here: one that comes with the request is a stranger's word. The same goes for the names in the path, so
 * they are told only once there is such a tenant.
 */
export function follow(tracing: Tracing, { id, provider, tenantId }: Names): Followed {
  const receive = tracing.begin("receive", { kind: "server", attributes: { "mara.delivery": id } });
  let part: Span | null = null;
  return {
    get traceparent() {
      return receive.traceparent;
    },
    step: (step) => {
      part?.end();
      part = receive.child(step);
    },
    identified: (event) => receive.note({ "mara.event_type": event.type }),
    ended: (outcome) => {
      part?.end();
      receive.note({ "mara.outcome": outcome.kind });
      const reason = reasonOf(outcome);
      if (reason !== undefined) receive.note({ "mara.reason": reason });
      if (!NAMELESS.has(outcome.kind)) receive.note({ "mara.provider": provider, "mara.tenant": tenantId });
      receive.end(outcome.kind === "unavailable" ? outcome.kind : null);
    },
  };
}

interface Names {
  readonly id: string;
  readonly provider: string;
  readonly tenantId: string;
}

/** Outcomes of deliveries to names that need not exist. */
const NAMELESS: ReadonlySet<Outcome["kind"]> = new Set(["unknown_provider", "unknown_tenant", "method_not_allowed", "unavailable", "gone"] as const);
