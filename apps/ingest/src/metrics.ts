import { isProvider, PROVIDERS, type SignatureProblem } from "@mara/connectors";
import type { Intake } from "@mara/queue";
import type { Registry } from "@mara/runtime";
import { Counter, Gauge, Histogram } from "prom-client";
import { UNAVAILABLE_REASONS, type Outcome } from "./outcome.ts";
import type { SecretCache } from "./secret-cache.ts";

export interface IngestMetrics {
  /** @param provider as it stands in the path: a stranger's word. */
  ended(provider: string, outcome: Outcome, seconds: number): void;
}

const OUTCOMES = ["queued", "duplicate", "ignored", "malformed_payload", "no_signing_secret", "payload_too_large"] as const satisfies readonly Outcome["kind"][];
const SIGNATURE_PROBLEMS = ["missing", "mismatch", "stale"] as const satisfies readonly SignatureProblem[];

export interface IngestFigures {
  readonly intake: Pick<Intake, "figures">;
  readonly secrets: Pick<SecretCache, "size">;
}

/** No label holds what a stranger can choose freely, and none a tenant. */
export function ingestMetrics(registry: Registry, { intake, secrets }: IngestFigures): IngestMetrics {
  const registers = [registry];
  const deliveries = new Counter({
    name: "mara_deliveries_received_total",
    help: "Deliveries received, by what was answered",
    labelNames: ["provider", "outcome", "reason"],
    registers,
  });
  // What begins at zero is seen to rise with its first delivery, and to stand still where none comes.
  for (const provider of PROVIDERS) {
    for (const outcome of OUTCOMES) deliveries.inc({ provider, outcome, reason: "" }, 0);
    for (const reason of SIGNATURE_PROBLEMS) deliveries.inc({ provider, outcome: "invalid_signature", reason }, 0);
    for (const reason of UNAVAILABLE_REASONS) deliveries.inc({ provider, outcome: "unavailable", reason }, 0);
  }
  const acknowledged = new Histogram({
    name: "mara_acknowledgement_seconds",
    help: "From the head of a request to its answer, for deliveries that were put on their queue or were there already",
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers,
  });
  gauge("mara_deliveries_in_hand", "Deliveries on their way to Redis", () => intake.figures().inHand);
  gauge("mara_secret_cache_tenants", "Tenants whose signing secrets are in memory", () => secrets.size());
  // Its name is older than the word for what it counts, and is what dashboards know.
  gauge(
    "mara_traces_dropped",
    "Jobless deliveries (rejected, duplicate or ignored) that the deliveries list will not show, since the process began",
    () => intake.figures().droppedJoblessDeliveries,
  );

  function gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  }

  return {
    ended(provider, outcome, seconds) {
      deliveries.inc({
        provider: isProvider(provider) ? provider : "unknown",
        outcome: outcome.kind,
        reason: labelOf(outcome),
      });
      if (isAdmitted(outcome)) acknowledged.observe(seconds);
    },
  };
}

/** Only the reasons that are few and fixed. */
function labelOf(outcome: Outcome): string {
  return outcome.kind === "invalid_signature" || outcome.kind === "unavailable" ? outcome.reason : "";
}

function isAdmitted(outcome: Outcome): boolean {
  return outcome.kind === "queued" || outcome.kind === "duplicate" || (outcome.kind === "ignored" && outcome.enqueued);
}
