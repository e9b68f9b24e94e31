import type { Amendment, DecidedMoment, Decision, JsonObject, Provider } from "@mara/connectors";
import { randomUUID } from "node:crypto";
import { keyOf as nameOf, meet, type ContactGraph, type Identity, type IdentityKey } from "@mara/identity";
import type { AmendmentRow, EventKey, EventRow, KnownEvent, SubjectRow } from "@mara/store";
import { Carriers, type Stored } from "./carriers.ts";
import type { Prepared } from "./prepare.ts";

/** What became of one delivery. `via` leads to its contact, which may still change until the batch is over. */
export type Became = OfEvent | Eventless;

interface OfEvent {
  readonly outcome: "processed" | "duplicate";
  readonly reason: string | null;
  readonly eventId: string;
  readonly via: Identity | null;
  /** Of an event recorded earlier, where the graph doesn't hold the identity that led to it. */
  readonly contactId: string | null;
  readonly isErased: false;
}

export interface Eventless {
  readonly outcome: "ignored" | "failed";
  readonly reason: string | null;
  readonly eventId: null;
  readonly via: Identity | null;
  readonly contactId: null;
  /** Its person was erased: nothing of them is kept again. */
  readonly isErased: boolean;
}

/** An event that is to be recorded, but for what is only known at the end of the batch: its number and its contact. */
export interface NewEvent extends Omit<EventRow, "seq" | "contactId" | "via"> {
  readonly via: Identity | Stored | null;
  /** Whether a later delivery brought it: its own delivery was ignored when it came. */
  readonly belated: boolean;
}

/** `id` null: it was erased. `via` as stored, or as it was met in this batch. */
type RecordedEvent = Pick<KnownEvent, "id" | "contactId"> & { readonly via: Identity | string | null };

/** An object as `SubjectRow` has it. `firsts` is one map for the whole batch: to copy it for each event would be quadratic. */
type Subject = Omit<SubjectRow, "firsts"> & { readonly firsts: Map<string, string> };

/**
 * Of so many different things that happened to one object the first event is remembered; what is new after that counts as
 * a first each time. No provider's object comes near it, and whoever makes one up must not make every batch load without end.
 */
const MAX_FIRSTS = 10_000;

/** What one tenant's part of a batch knows, as loaded. */
export interface TenantKnowledge {
  readonly graph: ContactGraph;
  readonly events: readonly KnownEvent[];
  readonly subjects: readonly SubjectRow[];
  /** The event type that counts as a signup, by provider. */
  readonly signupEvents: ReadonlyMap<string, string>;
}

/** Decides one tenant's deliveries one after the other, in memory, and gathers what has to be written for them. */
export class TenantBatch {
  readonly tenantId: string;
  readonly graph: ContactGraph;
  readonly carriers: Carriers;
  readonly events: NewEvent[] = [];
  /** By provider and event key: several of one event are laid over each other, the latest on top. */
  readonly amendments = new Map<string, AmendmentRow>();
  readonly #signupEvents: ReadonlyMap<string, string>;
  /** By provider and event key. */
  readonly #recorded = new Map<string, RecordedEvent>();
  /** By provider and subject. */
  readonly #subjects: Map<string, Subject>;
  /** By provider and subject. */
  readonly #changedSubjects = new Map<string, Subject>();

  constructor(tenantId: string, known: TenantKnowledge) {
    this.tenantId = tenantId;
    this.graph = known.graph;
    this.carriers = new Carriers(known.graph);
    this.#signupEvents = known.signupEvents;
    this.#subjects = new Map(
      known.subjects.map((row) => [keyOf(row.provider, row.subject), { ...row, firsts: new Map(Object.entries(row.firsts)) }]),
    );
    this.learn(known.events);
  }

  changedSubjects(): SubjectRow[] {
    return [...this.#changedSubjects.values()].map((subject) => ({ ...subject, firsts: Object.fromEntries(subject.firsts) }));
  }

  /** Notes events that are recorded or erased already. */
  learn(events: readonly KnownEvent[]): void {
    for (const event of events) this.#recorded.set(keyOf(event.provider, event.eventKey), event);
  }

  /** What a delivery's event becomes given its subject's history; null where there is nothing to decide. */
  decide({ job, eventKey, facts, subject }: Prepared): Decision | null {
    if (!facts || this.#recorded.has(keyOf(job.provider, eventKey))) return null;
    return facts.decide(subject === null ? null : this.#historyOf(job.provider, subject));
  }

  /** The events of other deliveries that a decision brings along: whether they are recorded has to be learnt first. */
  belatedOf({ job }: Prepared, decision: Decision): EventKey[] {
    return decision.moments
      .filter((moment) => moment.providerEventId !== job.eventId)
      .map((moment) => ({ tenantId: this.tenantId, provider: job.provider, eventKey: moment.providerEventId }))
      .filter((key) => !this.#recorded.has(keyOf(key.provider, key.eventKey)));
  }

  /** Takes a decision in: meets its person, and notes its moments, its amendments and its history. */
  take(item: Prepared, decision: Decision | null): Became {
    const { job, facts } = item;
    const recorded = this.#recorded.get(keyOf(job.provider, item.eventKey));
    if (recorded) return this.#alreadyRecorded(recorded, item);
    if (!facts || !decision) return nothing(item.reason, null);

    const via = facts.person && meet(this.graph, job.provider, facts.person, [facts.asOf, job.receivedAt]);
    const eventId = this.#record(item, decision, via);
    for (const amendment of decision.amendments) this.#amend(job.provider, amendment);
    if (eventId !== null) return { outcome: "processed", reason: null, eventId, via, contactId: null, isErased: false };
    if (via) this.carriers.note(job.provider, job.eventId, via);
    return nothing(decision.ignored ?? item.reason, via);
  }

  #alreadyRecorded(event: RecordedEvent, { job, people }: Prepared): Became {
    if (event.id === null) return { ...nothing("the contact that it was about was erased", null), isErased: true };
    return {
      outcome: job.replay ? "processed" : "duplicate",
      reason: job.replay ? null : "recorded before",
      eventId: event.id,
      via: typeof event.via === "string" ? this.#loaded(event.via, people) : event.via,
      contactId: event.contactId,
      isErased: false,
    };
  }

  /** A stored event's identity: it is among those that the delivery names, unless they came to be known otherwise since. */
  #loaded(via: string, people: readonly IdentityKey[]): Identity | null {
    const key = people.find((each) => each === via);
    return (key && this.graph.identity(key)) ?? null;
  }

  #historyOf(provider: Provider, subject: string): JsonObject | null {
    return this.#subjects.get(keyOf(provider, subject))?.history ?? null;
  }

  /** Answers the id of the event that the delivery itself became; null where none did. */
  #record(item: Prepared, decision: Decision, via: Identity | null): string | null {
    const { job, subject } = item;
    const known = subject === null ? undefined : this.#subjects.get(keyOf(job.provider, subject));
    const firsts = known?.firsts ?? new Map<string, string>();
    let own: string | null = null;
    for (const moment of decision.moments) {
      const isOwn = moment.providerEventId === job.eventId;
      const eventKey = isOwn ? item.eventKey : moment.providerEventId;
      if (this.#recorded.has(keyOf(job.provider, eventKey))) continue;
      const id = randomUUID();
      const first = firsts.get(moment.repeatKey);
      if (first === undefined && firsts.size < MAX_FIRSTS) firsts.set(moment.repeatKey, id);
      const whom = isOwn ? via : (this.carriers.of(job.provider, eventKey) ?? via);
      this.#add(item, moment, { id, eventKey, via: whom, repeatOf: first ?? null, belated: !isOwn });
      if (isOwn) own = id;
    }
    if (subject !== null && (known || decision.history || decision.moments.length > 0)) {
      const changed = {
        tenantId: this.tenantId,
        provider: job.provider,
        subject,
        history: decision.history,
        firsts,
        via: viaOf(firsts, via, known),
      };
      this.#subjects.set(keyOf(job.provider, subject), changed);
      this.#changedSubjects.set(keyOf(job.provider, subject), changed);
    }
    return own;
  }

  #amend(provider: Provider, { providerEventId: eventKey, data }: Amendment): void {
    const key = keyOf(provider, eventKey);
    const earlier = this.amendments.get(key)?.data;
    this.amendments.set(key, { tenantId: this.tenantId, provider, eventKey, data: { ...earlier, ...data } });
  }

  #add(
    { job, subject }: Prepared,
    moment: DecidedMoment,
    rest: Pick<NewEvent, "id" | "eventKey" | "via" | "repeatOf" | "belated">,
  ): void {
    // Key by key: copying objects whole is a fifth of the time of all that is decided.
    this.events.push({
      tenantId: this.tenantId,
      id: rest.id,
      type: moment.type,
      provider: job.provider,
      providerEventId: moment.providerEventId,
      eventKey: rest.eventKey,
      providerEventType: moment.providerEventType,
      via: rest.via,
      subject,
      signup: rest.repeatOf === null && this.#signupEvents.get(job.provider) === moment.type,
      repeatOf: rest.repeatOf,
      occurredAt: moment.occurredAt,
      data: moment.data,
      belated: rest.belated,
    });
    const { contactId, via } = rest.via && "via" in rest.via ? rest.via : { contactId: null, via: rest.via };
    this.#recorded.set(keyOf(job.provider, rest.eventKey), { id: rest.id, contactId, via });
  }
}

function keyOf(provider: Provider, key: string): string {
  return `${provider} ${key}`;
}

/** Whom a subject is about: its events say so once there is one. */
function viaOf(firsts: Subject["firsts"], via: Identity | null, known: Subject | undefined): string | null {
  if (firsts.size > 0) return null;
  return via ? nameOf(via) : (known?.via ?? null);
}

function nothing(reason: string | null, via: Identity | null): Eventless {
  return { outcome: "ignored", reason, eventId: null, via, contactId: null, isErased: false };
}
