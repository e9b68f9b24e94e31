import { connectors, EVENT_TYPES, PROVIDERS, type EventType, type Provider } from "@mara/connectors";
import type { Contact, RecordedEvent, Tenant } from "@mara/store";
import { Layout, pathOf, type Viewer } from "../layout.tsx";
import { Empty, Pager } from "../parts/small.tsx";
import { Select } from "../parts/select.tsx";
import { Moment, nameOf } from "./moment.tsx";

export interface EventListProps {
  readonly viewer: Viewer;
  readonly tenant: Tenant;
  readonly filter: { readonly type?: EventType | undefined; readonly provider?: Provider | undefined };
  readonly events: readonly RecordedEvent[];
  /** The contacts that the events are about, by their ids. */
  readonly contacts: ReadonlyMap<string, Pick<Contact, "id" | "email" | "name" | "username">>;
  readonly first: string | null;
  readonly next: string | null;
  readonly now: number;
}

export function EventList({ viewer, tenant, filter, events, contacts, first, next, now }: EventListProps) {
  return (
    <Layout viewer={viewer} title="Events" tenant={tenant} section="events">
      <div class="head">
        <div>
          <h1>Events</h1>
          <p>What your journeys can trigger on, in the order it was recorded, the newest first.</p>
        </div>
      </div>
      <form class="filters" method="get" action={pathOf(tenant.id, "events")} data-auto>
        <Select name="type" label="Event" chosen={filter.type} all="All events" options={EVENT_TYPES.map((type) => [type, nameOf(type)])} />
        <Select
          name="provider"
          label="Provider"
          chosen={filter.provider}
          all="All providers"
          options={PROVIDERS.map((provider) => [provider, connectors[provider].label])}
        />
        <button>Filter</button>
      </form>
      {events.length === 0 ? (
        <Nothing tenant={tenant} isFiltered={filter.type !== undefined || filter.provider !== undefined} />
      ) : (
        <ol class="moments">
          {events.map((event) => (
            <Moment
              key={event.id}
              event={event}
              tenantId={tenant.id}
              now={now}
              about={event.contactId === null ? null : (contacts.get(event.contactId) ?? null)}
            />
          ))}
        </ol>
      )}
      <Pager first={first} next={next} />
    </Layout>
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
