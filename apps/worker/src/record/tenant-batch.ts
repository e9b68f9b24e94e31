import type { DecidedMoment, Decision, JsonObject, Provider } from "@mara/connectors";
import { meet, type ContactGraph, type Identity } from "@mara/identity";
import type { AmendmentRow, EventRow, SubjectRow } from "@mara/store";
import { v7 as uuid } from "uuid";
import type { Prepared } from "./prepare.ts";

/** What became of one delivery. `via` leads to its contact, which may still change until the batch is over. */
export interface Outcome {
  readonly outcome: "processed" | "ignored" | "duplicate";
  readonly reason: string | null;
  readonly eventId: string | null;
  readonly via: Identity | null;
  /** Of an event recorded earlier, where the graph doesn't hold its identity. */
  readonly contactId: string | null;
}

/** An event that is to be recorded, but for what is only known at the end of the batch: its number and its contact. */
export interface NewEvent extends Omit<EventRow, "seq" | "contactId" | "via"> {
  readonly via: Identity | null;
  /** Whether a later delivery brought it: its own delivery was ignored when it came. */
  readonly belated: boolean;
}

interface RecordedEvent {
  /** Null for one that was erased. */
  readonly id: string | null;
  readonly contactId: string | null;
  readonly via: Identity | null;
}

/** What one tenant's part of a batch knows, as loaded. */
export interface TenantKnowledge {
  readonly graph: ContactGraph;
  /** By provider and event key. */
  readonly recorded: Map<string, RecordedEvent>;
  /** By provider and subject. */
  readonly subjects: Map<string, SubjectRow>;
  /** The event type that counts as a signup, by provider. */
  readonly signupEvents: ReadonlyMap<string, string>;
}

/** Decides one tenant's deliveries one after the other, in memory, and gathers what has to be written for them. */
export class TenantBatch {
  readonly tenantId: string;
  readonly graph: ContactGraph;
  readonly events: NewEvent[] = [];
  readonly amendments: AmendmentRow[] = [];
  readonly changedSubjects = new Map<string, SubjectRow>();
  readonly #known: TenantKnowledge;

  constructor(tenantId: string, known: TenantKnowledge) {
    this.tenantId = tenantId;
    this.graph = known.graph;
    this.#known = known;
  }

  decide(item: Prepared): Outcome {
    const { job, facts } = item;
    const recorded = this.#known.recorded.get(`${job.provider} ${item.eventKey}`);
    if (recorded) return alreadyRecorded(recorded, job.replay);
    if (!facts) return nothing(item.reason, null);

    const via = facts.person && meet(this.graph, job.provider, facts.person, [facts.asOf, job.receivedAt]);
    const decision = facts.decide(this.#historyOf(job.provider, item.subject));
    const eventId = this.#record(item, decision, via);
    for (const amendment of decision.amendments) {
      this.amendments.push({
        tenantId: this.tenantId,
        provider: job.provider,
        eventKey: amendment.providerEventId,
        data: amendment.data,
      });
    }
    if (eventId === null) return nothing(decision.ignored ?? item.reason, via);
    return { outcome: "processed", reason: null, eventId, via, contactId: null };
  }

  #historyOf(provider: Provider, subject: string | null): JsonObject | null {
    return subject === null ? null : (this.#known.subjects.get(`${provider} ${subject}`)?.history ?? null);
  }

  /** Answers the id of the event that the delivery itself became; null where none did. */
  #record(item: Prepared, decision: Decision, via: Identity | null): string | null {
    const { job, subject } = item;
    const key = `${job.provider} ${subject}`;
    const firsts = { ...this.#known.subjects.get(key)?.firsts };
    let own: string | null = null;
    for (const moment of decision.moments) {
      const isOwn = moment.providerEventId === job.eventId;
      const eventKey = isOwn ? item.eventKey : moment.providerEventId;
      if (this.#known.recorded.has(`${job.provider} ${eventKey}`)) continue;
      const id = uuid();
      const first = Object.hasOwn(firsts, moment.repeatKey) ? firsts[moment.repeatKey] : undefined;
      if (subject !== null && first === undefined) firsts[moment.repeatKey] = id;
      this.#add(item, moment, { id, eventKey, via, repeatOf: first ?? null, belated: !isOwn });
      if (isOwn) own = id;
    }
    if (subject !== null) {
      const row = { tenantId: this.tenantId, provider: job.provider, subject, history: decision.history, firsts };
      this.#known.subjects.set(key, row);
      this.changedSubjects.set(key, row);
    }
    return own;
  }

  #add(
    { job, subject }: Prepared,
    moment: DecidedMoment,
    rest: { id: string; eventKey: string; via: Identity | null; repeatOf: string | null; belated: boolean },
  ): void {
    const { repeatKey: _, ...told } = moment;
    this.events.push({
      ...told,
      ...rest,
      tenantId: this.tenantId,
      provider: job.provider,
      subject,
      signup: rest.repeatOf === null && this.#known.signupEvents.get(job.provider) === moment.type,
    });
    this.#known.recorded.set(`${job.provider} ${rest.eventKey}`, { id: rest.id, contactId: null, via: rest.via });
  }
}

function alreadyRecorded(event: RecordedEvent, replay: boolean): Outcome {
  if (event.id === null) return nothing("the contact that it was about was erased", null);
  return {
    outcome: replay ? "processed" : "duplicate",
    reason: replay ? null : "recorded before",
    eventId: event.id,
    via: event.via,
    contactId: event.contactId,
  };
}

function nothing(reason: string | null, via: Identity | null): Outcome {
  return { outcome: "ignored", reason, eventId: null, via, contactId: null };
}
