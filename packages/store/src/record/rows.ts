import type { EventData, EventType, JsonObject, Provider } from "@mara/connectors";

/** A contact's row. Times in epoch milliseconds, as everywhere in this folder. */
export interface ContactRow {
  readonly tenantId: string;
  readonly id: string;
  readonly email: string | null;
  readonly name: string | null;
  readonly username: string | null;
  readonly avatarUrl: string | null;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly deactivatedAt: number | null;
  readonly createdAt: number;
}

/** `space` and `provider` as in the `identities` table; `facts` is the identity package's own JSON. */
export interface IdentityRow<Facts extends object> {
  readonly tenantId: string;
  readonly space: string;
  readonly externalId: string;
  readonly provider: string;
  readonly contactId: string;
  readonly facts: Facts;
}

export interface SubjectRow {
  readonly tenantId: string;
  readonly provider: Provider;
  /** `kind:id` */
  readonly subject: string;
  readonly history: JsonObject | null;
  /** For each repeat key the id of the event that told it first. */
  readonly firsts: Readonly<Record<string, string>>;
  /** While no event came of it: the identity of whoever it is about, `space:id`. Then its events say so. */
  readonly via: string | null;
}

export interface EventRow {
  readonly tenantId: string;
  readonly seq: bigint;
  readonly id: string;
  readonly type: EventType;
  readonly provider: Provider;
  readonly providerEventId: string;
  readonly eventKey: string;
  readonly providerEventType: string;
  readonly contactId: string | null;
  readonly via: string | null;
  readonly subject: string | null;
  readonly signup: boolean;
  readonly repeatOf: string | null;
  readonly occurredAt: number;
  readonly data: EventData;
}

export interface DeliveryRow {
  readonly tenantId: string;
  readonly id: string;
  readonly provider: Provider;
  readonly providerEventId: string;
  readonly providerEventType: string;
  readonly outcome: "processed" | "ignored" | "duplicate" | "failed";
  readonly reason: string | null;
  readonly receivedAt: number;
  readonly eventId: string | null;
  readonly contactId: string | null;
  /** The identity that led to the contact, `space:id`: it moves with it. */
  readonly via: string | null;
  readonly secretId: string | null;
  readonly requestId: string | null;
  /** False where each delivery counts as an event of its own. */
  readonly dedupe: boolean;
  /** The kept body; null where nothing may be kept. */
  readonly body: string | null;
}
