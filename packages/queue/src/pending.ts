import type { Provider } from "@mara/connectors";

/** A delivery that is enqueued and not yet worked off. */
export interface PendingDelivery {
  readonly deliveryId: string;
  readonly provider: Provider;
  readonly eventId: string;
  readonly eventType: string;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  readonly secretId: string | null;
  readonly requestId: string | null;
}

export interface PendingPage {
  /** Default: all providers. */
  readonly provider?: Provider;
  /** Only those before this delivery id: ids sort as deliveries arrived. */
  readonly before?: string;
  readonly limit: number;
}
