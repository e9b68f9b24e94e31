import { connectors, MEANINGS, MOMENTS, type EventType, type Moment as MomentName } from "@mara/connectors";
import type { Contact, RecordedEvent } from "@mara/store";
import type { ComponentChildren } from "preact";
import { displayNameOf } from "../contacts/person.tsx";
import { Badge, Foreign, type Tone } from "../parts/small.tsx";
import { Ago, exactly } from "../parts/time.tsx";
import { gistOf, tellingsOf, type Value } from "./event-data.ts";
import { isRecordedLate } from "./late.ts";

const TONES: Readonly<Record<EventType, Tone>> = {
  "subscription-started": "good",
  "trial-converted": "good",
  "subscription-upgraded": "good",
  "subscription-canceled": "warn",
  "payment-failed": "bad",
  "payment-recovered": "good",
  "refund-issued": "warn",
  purchase: "good",
  "user.created": "accent",
  "user.deleted": "idle",
};

/** `payment-failed` as "Payment failed". */
export function nameOf(type: EventType): string {
  const words = type.replace(/[-.]/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What kind of event it is; what that means is told on hover. */
export function EventBadge({ type }: { type: EventType }) {
  return (
    <span {...(isMoment(type) && { title: `${type}: ${MEANINGS[type]}` })}>
      <Badge tone={TONES[type]}>{nameOf(type)}</Badge>
    </span>
  );
}

function isMoment(type: EventType): type is MomentName {
  return MOMENTS.some((moment) => moment === type);
}

export interface MomentProps {
  readonly event: RecordedEvent;
  readonly tenantId: string;
  readonly now: number;
  /** Whom it is about; null where nobody could be found out. Left out on that contact's own page. */
  readonly about?: Pick<Contact, "id" | "email" | "name" | "username"> | null;
  /** The first event of the same thing, where that stands on the same page: it is linked there directly. */
  readonly firstIsHere?: boolean;
  /** It stands higher than one would look for it. */
  readonly isLatecomer: boolean;
}

/** An event in a list: what happened, in one line, with all that is told of it to be opened; then who, where from, and of what it is a repeat. */
export function Moment({ event, tenantId, now, about, firstIsHere = false, isLatecomer }: MomentProps) {
  const gist = gistOf(event.data);
  // In the life of one contact it counts when something happened; among everybody's, why it stands where it does.
  const isOfAnybody = about !== undefined;
  return (
    <li class="moment" id={`event-${event.id}`} data-repeat={event.repeatOf !== null}>
      <details>
        <summary class="moment-head">
          <EventBadge type={event.type} />
          {event.signup && <Badge tone="accent">Signup</Badge>}
          {gist !== "" && (
            <span class="moment-gist">
              <Foreign text={gist} max={120} />
            </span>
          )}
          <span class="moment-when soft small">
            {isOfAnybody ? (
              <>
                recorded <Ago at={new Date(event.recordedAt)} now={now} />
              </>
            ) : (
              <Ago at={new Date(event.occurredAt)} now={now} />
            )}
          </span>
        </summary>
        <Details event={event} tenantId={tenantId} />
      </details>
      <div class="moment-rest small soft">
        {about !== undefined && <About about={about} tenantId={tenantId} />}
        <span>
          {connectors[event.provider].label} <span class="mono">{event.providerEventType}</span>
        </span>
        {(isLatecomer || (isOfAnybody && isRecordedLate(event))) && (
          <span>
            {isLatecomer && "came late: "}
            {isOfAnybody ? "happened" : "recorded"} <Ago at={new Date(isOfAnybody ? event.occurredAt : event.recordedAt)} now={now} />
          </span>
        )}
        {event.data.livemode === false && <span>test mode</span>}
        {event.repeatOf !== null && <RepeatOf event={event} first={event.repeatOf} tenantId={tenantId} firstIsHere={firstIsHere} />}
      </div>
    </li>
  );
}

function About({ about, tenantId }: { about: NonNullable<MomentProps["about"]> | null; tenantId: string }) {
  if (about === null) return <span>Nobody that could be a contact</span>;
  return (
    <a href={`/tenants/${tenantId}/contacts/${about.id}`}>
      <Foreign text={displayNameOf(about)} max={60} />
    </a>
  );
}

function RepeatOf({ event, first, tenantId, firstIsHere }: { event: RecordedEvent; first: string; tenantId: string; firstIsHere: boolean }) {
  if (event.contactId === null) return <span>Repeat of an earlier one</span>;
  const elsewhere = `/tenants/${tenantId}/contacts/${event.contactId}/events/${first}`;
  return (
    <span>
      Repeat: <a href={firstIsHere ? `#event-${first}` : elsewhere}>see the first</a>
    </span>
  );
}

function Details({ event, tenantId }: { event: RecordedEvent; tenantId: string }) {
  const deliveries = `/tenants/${tenantId}/deliveries?event=${encodeURIComponent(event.providerEventId)}`;
  return (
    <dl class="facts small">
      {tellingsOf(event.data).map(({ label, value }) => (
        <Fact key={label} label={<Foreign text={label} max={60} />}>
          <Shown value={value} />
        </Fact>
      ))}
      <Fact label="Happened">{exactly(new Date(event.occurredAt))}</Fact>
      <Fact label="Recorded">{exactly(new Date(event.recordedAt))}</Fact>
      <Fact label="Provider's event">
        <a class="mono" href={deliveries}>
          {event.providerEventId}
          <span class="visually-hidden">: its deliveries</span>
        </a>
      </Fact>
      <Fact label="Triggers on">
        <span class="mono">{event.type}</span>
      </Fact>
      <Fact label="Id">
        <span class="mono">{event.id}</span>
      </Fact>
    </dl>
  );
}

function Fact({ label, children }: { label: ComponentChildren; children: ComponentChildren }) {
  return (
    <>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </>
  );
}

function Shown({ value }: { value: Value }) {
  if (value.kind === "time") return <time dateTime={new Date(value.at).toISOString()}>{exactly(new Date(value.at))}</time>;
  return (
    <span {...(value.kind === "id" && { class: "mono" })}>
      <Foreign text={value.text} max={500} />
    </span>
  );
}
