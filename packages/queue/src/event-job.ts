import { PROVIDERS, type Provider } from "@mara/connectors";
import { z } from "zod";

/** What travels from ingest to the worker: one verified delivery. */
export interface EventJob {
  readonly tenantId: string;
  readonly provider: Provider;
  /** A UUID of version 7, made of the time of receipt: ids sort as deliveries arrived. */
  readonly deliveryId: string;
  /** The provider's id of the event. */
  readonly eventId: string;
  readonly eventType: string;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  /** The signing secret that matched; null where none did the work (a replay of an old delivery). */
  readonly secretId: string | null;
  readonly requestId: string | null;
  /** False for events whose id says nothing (a provider's test events): each delivery then counts as an event. */
  readonly dedupe: boolean;
  /** True where somebody asked for the delivery to be processed again. */
  readonly replay: boolean;
  /** The kept body: JSON text without what must never be kept. */
  readonly body: string;
  /** Where the delivery is followed by OpenTelemetry: the `traceparent` to go on from. */
  readonly trace?: string | undefined;
}

/** What a worker lets in. */
export const eventJob = z.object({
  tenantId: z.string().min(1),
  provider: z.enum(PROVIDERS),
  deliveryId: z.uuid(),
  eventId: z.string().min(1),
  eventType: z.string().min(1),
  receivedAt: z.int().nonnegative(),
  secretId: z.uuid().nullable(),
  requestId: z.string().nullable(),
  dedupe: z.boolean(),
  replay: z.boolean(),
  body: z.string(),
  trace: z.string().optional(),
}) satisfies z.ZodType<EventJob>;
