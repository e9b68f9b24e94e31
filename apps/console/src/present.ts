import type { Provider } from "@mara/connectors";
import type { PendingDelivery } from "@mara/queue";
import type { Backfill, Contact, Delivery, Integration, RecordedEvent, SecretHint, Tenant } from "@mara/store";
import { problemInWords } from "./problem.ts";

// What is stored, in the shapes of the contract. Each is written out in full, so that nothing slips into an answer unseen.

export function presentTenant({ id, name, createdAt }: Tenant) {
  return { id, name, createdAt: time(createdAt) };
}

/** `pending` is null where Redis can't be asked. */
export function presentIntegration(integration: Integration, webhookUrl: string, pending: number | null) {
  const { provider, configured, secrets, apiKey, signupEvent, health } = integration;
  const { processed, ignored, duplicate, rejected, failed } = health.last24h;
  return {
    provider,
    webhookUrl,
    configured,
    secrets: secrets.map(presentSecret),
    apiKey: apiKey && { hint: apiKey.hint },
    signupEvent,
    health: {
      contacts: health.contacts,
      lastActivityAt: timeOrNull(health.lastActivityAt),
      lastEventType: health.lastEventType,
      lastProblem: problemInWords(integration),
      last24h: { queued: processed + (pending ?? 0), ignored, duplicate, rejected, failed },
      pending,
    },
  };
}

function presentSecret({ id, hint, createdAt, expiresAt, lastUsedAt }: SecretHint) {
  return { id, hint, createdAt: time(createdAt), expiresAt: timeOrNull(expiresAt), lastUsedAt: timeOrNull(lastUsedAt) };
}

export function presentContact(contact: Contact) {
  const { id, email, name, username, avatarUrl, attributes, identities, deactivatedAt, createdAt, updatedAt } = contact;
  return {
    id,
    email,
    name,
    username,
    avatarUrl,
    attributes,
    identities: identities.map(({ provider, externalId }) => ({ provider, externalId })),
    deactivatedAt: timeOrNull(deactivatedAt),
    createdAt: time(createdAt),
    updatedAt: time(updatedAt),
  };
}

export function presentEvent(event: RecordedEvent) {
  return {
    id: event.id,
    type: event.type,
    provider: event.provider,
    providerEventId: event.providerEventId,
    providerEventType: event.providerEventType,
    contactId: event.contactId,
    signup: event.signup,
    repeatOf: event.repeatOf,
    occurredAt: time(event.occurredAt),
    recordedAt: time(event.recordedAt),
    data: event.data,
  };
}

/** What can have become of a delivery. */
export const OUTCOMES = ["queued", "processed", "ignored", "duplicate", "rejected", "failed"] as const;

/** A delivery of the list: one that is done with, or one that still waits. */
export interface ShownDelivery {
  readonly id: string;
  readonly provider: Provider;
  readonly providerEventId: string | null;
  readonly providerEventType: string | null;
  readonly outcome: (typeof OUTCOMES)[number];
  readonly reason: string | null;
  readonly receivedAt: string;
  readonly processedAt: string | null;
  readonly eventId: string | null;
  readonly contactId: string | null;
}

export function presentDelivery(delivery: Delivery): ShownDelivery {
  return {
    id: delivery.id,
    provider: delivery.provider,
    providerEventId: delivery.providerEventId,
    providerEventType: delivery.providerEventType,
    outcome: delivery.outcome,
    reason: delivery.reason,
    receivedAt: time(delivery.receivedAt),
    processedAt: timeOrNull(delivery.processedAt),
    eventId: delivery.eventId,
    contactId: delivery.contactId,
  };
}

export function presentPending(delivery: PendingDelivery): ShownDelivery {
  return {
    id: delivery.deliveryId,
    provider: delivery.provider,
    providerEventId: delivery.eventId,
    providerEventType: delivery.eventType,
    outcome: "queued",
    reason: null,
    receivedAt: time(delivery.receivedAt),
    processedAt: null,
    eventId: null,
    contactId: null,
  };
}

export function presentBackfill(backfill: Backfill) {
  const { id, status, total, seen, created, updated, skipped, startedAt, finishedAt, error } = backfill;
  return {
    id,
    status,
    total,
    seen,
    created,
    updated,
    skipped,
    startedAt: time(startedAt),
    finishedAt: timeOrNull(finishedAt),
    error,
  };
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}

function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : time(ms);
}
