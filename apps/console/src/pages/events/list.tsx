import { EVENT_TYPES, type EventType, type Provider } from "@mara/connectors";
import type { Contact, RecordedEvent, Tenant } from "@mara/store";
import type { ComponentChildren } from "preact";
import { Layout, pathOf, type Viewer } from "../layout.tsx";
import { LiveSwitch } from "../parts/live-state.tsx";
import { linkTo } from "../parts/query.ts";
import { ProviderSelect, Select } from "../parts/select.tsx";
import { Empty, Pager } from "../parts/small.tsx";
import { latecomersOf } from "./late.ts";
import { Moment, nameOf } from "./moment.tsx";

/** Which events are looked at. */
export interface EventSearch {
  readonly type?: EventType | undefined;
  readonly provider?: Provider | undefined;
}

export interface EventListProps {
  readonly viewer: Viewer;
  readonly tenant: Tenant;
  readonly search: EventSearch;
  /** Where the fresh ones come from; null where they stand still. */
  readonly stream: string | null;
  readonly first: string | null;
  readonly next: string | null;
  /** The events. */
  readonly children: ComponentChildren;
}

export function EventList({ viewer, tenant, search, stream, first, next, children }: EventListProps) {
  const path = pathOf(tenant.id, "events");
  return (
    <Layout viewer={viewer} title="Events" tenant={tenant} section="events" {...(stream !== null && { stream })}>
      <div class="head">
        <div>
          <h1>Events</h1>
          <p>What your journeys can trigger on, in the order it was recorded, the newest first.</p>
        </div>
        <div class="row">
          {first === null && <LiveSwitch isLive={stream !== null} href={linkTo(path, { ...search, live: stream === null ? "" : "off" })} />}
        </div>
      </div>
      <form class="filters" method="get" action={path}>
        <Select name="type" label="Event" chosen={search.type} all="All events" options={EVENT_TYPES.map((type) => [type, nameOf(type)])} />
        <ProviderSelect label="Provider" chosen={search.provider} all="All providers" />
        <button>Filter</button>
      </form>
      <div data-live="events">{children}</div>
      <div data-live="pager">
        <Pager first={first} next={next} />
      </div>
    </Layout>
  );
}

export interface MomentsProps {
  readonly tenant: Tenant;
  readonly search: EventSearch;
  readonly events: readonly RecordedEvent[];
  /** The contacts that the events are about, by their ids. */
  readonly contacts: ReadonlyMap<string, Pick<Contact, "id" | "email" | "name" | "username">>;
  readonly now: number;
}

/** The events of a page: the part of it that is kept fresh. */
export function Moments({ tenant, search, events, contacts, now }: MomentsProps) {
  if (events.length === 0) return <Nothing tenant={tenant} isFiltered={search.type !== undefined || search.provider !== undefined} />;
  const latecomers = latecomersOf(events);
  return (
    <ol class="moments">
      {events.map((event) => (
        <Moment
          key={event.id}
          event={event}
          tenantId={tenant.id}
          now={now}
          about={event.contactId === null ? null : (contacts.get(event.contactId) ?? null)}
          isLatecomer={latecomers.has(event.id)}
        />
      ))}
    </ol>
  );
}

function Nothing({ tenant, isFiltered }: { tenant: Tenant; isFiltered: boolean }) {
  if (isFiltered) {
    return (
      <Empty title="No such event">
        <p>
          None of this kind was recorded. <a href={pathOf(tenant.id, "events")}>Show all events</a>
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="No event yet">
      <p>
        The first one appears here when a provider tells of it. <a href={pathOf(tenant.id, "integrations")}>Set up a provider</a>, or
        send a test event from there.
      </p>
    </Empty>
  );
}
