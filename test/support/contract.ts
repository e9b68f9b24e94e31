import { EVENT_TYPES, PROVIDERS } from "@mara/connectors";
import { z } from "zod";

// The shapes that the API promises. Parsing an answer is the test that it keeps them; what it has beyond them is let go.

const provider = z.enum(PROVIDERS);
const time = z.iso.datetime();
const secretHint = z.object({ id: z.string(), hint: z.string(), createdAt: time, expiresAt: time.nullable(), lastUsedAt: time.nullable() });
const count = z.int().nonnegative();

export const integration = z.object({
  provider,
  webhookUrl: z.url(),
  configured: z.boolean(),
  secrets: z.array(secretHint),
  apiKey: z.object({ hint: z.string() }).nullable(),
  signupEvent: z.enum(EVENT_TYPES).nullable(),
  health: z.object({
    contacts: count,
    lastActivityAt: time.nullable(),
    lastEventType: z.string().nullable(),
    lastProblem: z.string().nullable(),
    last24h: z.object({ queued: count, ignored: count, duplicate: count, rejected: count, failed: count }),
    pending: count,
  }),
});

export const contact = z.object({
  id: z.uuid(),
  email: z.string().nullable(),
  name: z.string().nullable(),
  username: z.string().nullable(),
  avatarUrl: z.string().nullable(),
  attributes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  identities: z.array(z.object({ provider: z.enum([...PROVIDERS, "app"]), externalId: z.string() })),
  deactivatedAt: time.nullable(),
  createdAt: time,
  updatedAt: time,
});

export const event = z.object({
  id: z.uuid(),
  type: z.enum(EVENT_TYPES),
  provider,
  providerEventId: z.string(),
  providerEventType: z.string(),
  contactId: z.uuid().nullable(),
  signup: z.boolean(),
  repeatOf: z.uuid().nullable(),
  occurredAt: time,
  recordedAt: time,
  data: z.record(z.string(), z.json()),
});

export const delivery = z.object({
  id: z.uuid(),
  provider,
  providerEventId: z.string().nullable(),
  providerEventType: z.string().nullable(),
  outcome: z.enum(["queued", "processed", "ignored", "duplicate", "rejected", "failed"]),
  reason: z.string().nullable(),
  receivedAt: time,
  processedAt: time.nullable(),
  eventId: z.uuid().nullable(),
  contactId: z.uuid().nullable(),
});

export const backfill = z.object({
  id: z.uuid(),
  status: z.enum(["running", "waiting", "done", "failed", "canceled"]),
  total: count.nullable(),
  seen: count,
  created: count,
  updated: count,
  skipped: count,
  startedAt: time,
  finishedAt: time.nullable(),
  error: z.string().nullable(),
});

export const createdTenant = z.object({ id: z.string(), name: z.string(), createdAt: time, token: z.string() });

export type Integration = z.output<typeof integration>;
export type Contact = z.output<typeof contact>;
export type Event = z.output<typeof event>;
export type Delivery = z.output<typeof delivery>;
