import { PROVIDERS, type Provider } from "@mara/connectors";
import { z } from "zod";

/** A delivery that leaves no job, for the deliveries list. A view, not a promise: under pressure some are dropped. */
export interface JoblessDelivery {
  readonly tenantId: string;
  readonly provider: Provider;
  /** A UUID of version 7. */
  readonly deliveryId: string;
  readonly providerEventId: string | null;
  readonly providerEventType: string | null;
  readonly outcome: "rejected" | "duplicate" | "ignored";
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  readonly secretId: string | null;
  readonly requestId: string | null;
  /** How many deliveries alike it stands for: 1, or more where a flood was cut short. The counts stay right. */
  readonly count: number;
}

/** The one field of an entry of the stream. Called traces, as the stream is. */
export const ENTRY_FIELD = "traces";

const DELIVERIES_PER_ENTRY = 100;

/** The entries of the stream that hold `deliveries`. The stream's length is bounded by their number, so none is larger than others. */
export function inEntries(deliveries: readonly JoblessDelivery[]): JoblessDelivery[][] {
  return Array.from({ length: Math.ceil(deliveries.length / DELIVERIES_PER_ENTRY) }, (_, i) =>
    deliveries.slice(i * DELIVERIES_PER_ENTRY, (i + 1) * DELIVERIES_PER_ENTRY),
  );
}

/** What stands in one entry of the stream. */
export const joblessDeliveryBatch = z.array(
  z.object({
    tenantId: z.string(),
    provider: z.enum(PROVIDERS),
    deliveryId: z.uuid(),
    providerEventId: z.string().nullable(),
    providerEventType: z.string().nullable(),
    outcome: z.enum(["rejected", "duplicate", "ignored"]),
    reason: z.string(),
    receivedAt: z.int(),
    secretId: z.string().nullable(),
    requestId: z.string().nullable(),
    count: z.int().positive(),
  }),
) satisfies z.ZodType<JoblessDelivery[]>;
