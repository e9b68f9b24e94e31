import type { EventType } from "./moments.ts";
import type { Json, JsonObject } from "./json.ts";

/** One HTTP attempt as it arrived: headers as Node gives them (lower-case names), body as raw bytes. */
export interface Delivery {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** A signing secret of an integration, in the clear. `id` names it in settings and in the deliveries list. */
export interface SigningSecret {
  readonly id: string;
  readonly value: string;
}

declare const verified: unique symbol;

/** A delivery whose signature was checked. Only a connector's `verify` makes one, so nothing unverified can be read. */
export interface VerifiedDelivery extends Delivery {
  readonly [verified]: true;
  /** The secret that matched. */
  readonly secretId: string;
}

export type SignatureProblem = "missing" | "mismatch" | "stale";

export type Verdict =
  | { readonly ok: true; readonly delivery: VerifiedDelivery }
  | { readonly ok: false; readonly reason: SignatureProblem };

/** What the provider says happened: the unit that is deduplicated. */
export interface ProviderEvent {
  /** The provider's event id, 1 to 255 printable characters. */
  readonly id: string;
  /** The provider's event type, for example `invoice.payment_failed`. */
  readonly type: string;
  /** When the provider says it happened, in epoch milliseconds. */
  readonly occurredAt: number;
  readonly payload: JsonObject;
}

/** An event as it is kept in the queue and in the deliveries list. `body` is JSON text without what must never be kept. */
export interface KeptEvent {
  readonly id: string;
  readonly body: string;
  /** When it reached us, epoch milliseconds: stands in where the provider gives no time. */
  readonly receivedAt: number;
}

export type Identified =
  | { readonly ok: true; readonly event: ProviderEvent; readonly kept: KeptEvent; readonly dedupe: boolean }
  | { readonly ok: false };

export type Scalar = string | number | boolean;

/** An e-mail address as claimed by an event. A verified one identifies its contact; an unverified one never does. */
export interface EmailClaim {
  /** Lower-cased and trimmed. */
  readonly address: string;
  readonly verified: boolean;
}

/** Who an event is about, and what it says of them. */
export interface Person {
  /** The provider's own id for them (Stripe or Polar customer id, Clerk user id); null for guests. */
  readonly externalId: string | null;
  /** The tenant's own ids for them: Clerk `external_id`, Polar `customer.external_id`, Stripe `client_reference_id`. */
  readonly appIds: readonly string[];
  readonly emails: readonly EmailClaim[];
  /** A key that is absent was not told; null was told to be empty. `email` is the one to show. */
  readonly profile: {
    readonly email?: string | null;
    readonly name?: string | null;
    readonly username?: string | null;
    readonly avatarUrl?: string | null;
  };
  readonly attributes: Readonly<Record<string, Scalar>>;
  /** When the attributes were told, in epoch milliseconds, where they are older than the event: those of an order that is refunded. */
  readonly attributesAsOf?: number | undefined;
  /** `snapshot`: the map is all there is, absent keys are gone (Clerk). `merge`: keys it lacks stay. */
  readonly attributesMode: "snapshot" | "merge";
  /** True only for Clerk's `user.deleted`. */
  readonly deleted: boolean;
}

/** The provider's object whose history decides: a subscription, an invoice, a charge, an order, a checkout session, a user. */
export interface Subject {
  readonly kind: "subscription" | "invoice" | "charge" | "order" | "checkout" | "user";
  readonly id: string;
}

/** The `data` of an Event: plain JSON under the `DATA_KEYS` of moments.ts, amounts in the currency's minor unit, absent keys were not told. */
export type EventData = { [key: string]: Json };

/**
 * An event in the product's words: what the mapping table alone makes of it, a moment of this type or nothing, for this
 * reason; and its facts. One that becomes nothing and has none is answered, and not enqueued.
 */
export type Normalised =
  | { readonly table: { readonly kind: "moment"; readonly type: EventType }; readonly facts: Facts }
  | { readonly table: { readonly kind: "ignored"; readonly reason: string }; readonly facts: Facts | null };

export interface Facts {
  /** When what they say was true at the provider, epoch milliseconds: the clock of last-writer-wins. */
  readonly asOf: number;
  readonly person: Person | null;
  /** Whose history decides; null when the event decides alone. */
  readonly subject: Subject | null;
  /**
   * What the event becomes given its subject's history (null: none yet).
   * Pure, and idempotent: given a history that holds this event already, it decides the same moments again.
   */
  decide(history: JsonObject | null): Decision;
}

/** A moment that a decision records. Also the form in which a moment waits in a history for what confirms it. */
export interface DecidedMoment {
  readonly type: EventType;
  /** Within its subject, equal keys are the same thing that happened: all but the first to arrive are repeats. */
  readonly repeatKey: string;
  readonly providerEventId: string;
  readonly providerEventType: string;
  readonly occurredAt: number;
  readonly data: EventData;
}

/** A correction to the data of an event that was recorded earlier of the same subject (named by its provider event id). */
export interface Amendment {
  readonly providerEventId: string;
  readonly data: EventData;
}

/** What an event becomes given what was known of its subject: a moment of its own, or nothing, for a reason. */
export type Decision = (DecidedToBe | DecidedToBeNothing) & {
  readonly amendments: readonly Amendment[];
  /** The subject's history with this event in it: JSON, bounded in size. Null where the subject keeps none. */
  readonly history: JsonObject | null;
};

interface DecidedToBe {
  /** In the order to record: the event's own first, then those that it brings out, as a late failure its waiting recovery. */
  readonly moments: readonly [DecidedMoment, ...DecidedMoment[]];
  readonly ignored: null;
}

interface DecidedToBeNothing {
  /** Those of earlier events that this one brings out all the same. */
  readonly moments: readonly DecidedMoment[];
  /** Why no moment came of this very event. */
  readonly ignored: string;
}

export type SampleOptions = {
  /** Epoch milliseconds at which the sample happens. */
  readonly at: number;
  /** Makes ids unique; equal seeds make equal samples. Letters and digits. */
  readonly seed: string;
  /** The person in the sample: what it tells of one, it tells of this one. */
  readonly person?: { readonly email?: string; readonly name?: string; readonly externalId?: string; readonly appId?: string };
};

/** A realistic event in the provider's shape, ready to be signed. */
export interface Sample {
  readonly id: string;
  /** Stands in the body as it is. */
  readonly type: string;
  /** The request body: a JSON object. */
  readonly body: string;
}

/**
 * All that a provider needs: pure functions, no I/O, no clock, no environment.
 * `normalise` is total over what `identify` lets through, except that it throws
 * `UnreadableEvent` where the object lacks what its type promises.
 */
export interface Connector {
  /** The provider's name as people write it. */
  readonly label: string;

  /** What the provider is to a person: where they have their account, or who bills them, as any number of customers. */
  readonly role: "accounts" | "billing";

  /** The keys under which its objects name people: by the provider's own ids, and by the tenant's. Ids are read from nowhere else. */
  readonly personKeys: { readonly own: readonly string[]; readonly app: readonly string[] };

  /**
   * The keys under which its objects hold what tenants and their people put there: attributes are read from nowhere else.
   * Where a payload is shown, everything under them is masked.
   */
  readonly customFields: readonly string[];

  /**
   * What its secrets begin with: those that sign deliveries, which the settings' field shows, and those that open its API.
   * Where a payload is shown, what begins so is masked. Empty where nothing tells them.
   */
  readonly secretPrefixes: { readonly signing: readonly string[]; readonly api: readonly string[] };

  /**
   * Checks the signature of `delivery` against each of `secrets`, in constant time.
   * `now` is epoch milliseconds; the tolerance is 300 s. Never throws, and matches no empty secret. `judge` of verdict.ts
   * does what is alike for all: which problem is told first, the clock, and the only verified delivery.
   */
  verify(delivery: Delivery, secrets: readonly SigningSecret[], now: number): Verdict;

  /** Reads id, type and time of a verified delivery. `receivedAt` in epoch ms. `ok: false`: not a JSON event in UTF-8 with an id and a type. Never throws. */
  identify(delivery: VerifiedDelivery, receivedAt: number): Identified;

  /** Reads a kept event again (in the worker, or for a replay). Throws `UnreadableEvent`, and only where `identify` says `ok: false`. */
  read(kept: KeptEvent): ProviderEvent;

  /** What the tables alone say, and the facts that the event carries. Stateless. Throws `UnreadableEvent`. */
  normalise(event: ProviderEvent): Normalised;

  /** Says in one sentence what was pasted instead when `secret` can't be this provider's signing secret; null when it can. */
  secretProblem(secret: string): string | null;

  /** A fresh signing secret in the provider's form, from 24 or more random bytes. Equal bytes make equal secrets. */
  makeSecret(random: Buffer): string;

  /**
   * The headers that the provider would send with `body`: its content type, and those that the signature can't do without.
   * `at` in epoch ms. May throw where `secret` can't be one.
   */
  sign(sample: { readonly id: string; readonly body: string }, secret: string, at: number): Record<string, string>;

  /**
   * One maker a provider event type worth showing, named by it, or `type:variant` where there are several: every type of the
   * mapping table, and at least one that becomes nothing and has no facts. Those of one seed are about one person, whose own id
   * at least one tells; where `personKeys.app` or `customFields` name any, at least one tells the tenant's id that it is asked
   * for, or an attribute. Addresses and names may be told by none: there are providers whose events hold a customer id alone.
   */
  readonly samples: Readonly<Record<string, (options: SampleOptions) => Sample>>;

  /** The mapping table as people read it: the docs page is made from it, and the README must have it. One row alone for an event without `when`. */
  readonly mapping: readonly MappingRow[];
}

export interface MappingRow {
  /** The provider's event type. */
  readonly event: string;
  readonly becomes: EventType | "contact" | null;
  /** Under which condition, as a short clause; empty when always. */
  readonly when: string;
  /** Only where the provider does not send this event today: the event of this table that brings the moment instead. */
  readonly sentInstead?: string;
}

/** The event passed its signature but its object can't be understood: it fails once, with this reason, and is kept for replay. */
export class UnreadableEvent extends Error {
  /** @param reason what is missing or wrong, without any value from the payload. */
  constructor(reason: string) {
    super(reason);
    this.name = "UnreadableEvent";
  }
}
