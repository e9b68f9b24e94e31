import type { AttributeOrigin, Identity } from "@mara/identity";
import type { Contact, RecordedEvent, Tenant } from "@mara/store";
import { Fragment } from "preact";
import { latecomersOf } from "../events/late.ts";
import { Moment } from "../events/moment.tsx";
import { Layout, pathOf, type Viewer } from "../layout.tsx";
import { Empty, Foreign, Notice, Pager } from "../parts/small.tsx";
import { Ago } from "../parts/time.tsx";
import { ErasureDialog, ERASURE_DIALOG } from "./erase.tsx";
import { Attributes, Identities } from "./known.tsx";
import { displayNameOf, Deactivated, Initials } from "./person.tsx";

export interface ContactPageProps {
  readonly viewer: Viewer;
  readonly tenant: Tenant;
  readonly contact: Contact;
  readonly identities: readonly Identity[];
  readonly origins: Readonly<Record<string, AttributeOrigin>>;
  /** A page of its events, newest first. */
  readonly events: readonly RecordedEvent[];
  readonly first: string | null;
  readonly next: string | null;
  /** A moment was looked for that is not in its timeline. */
  readonly isElsewhere: boolean;
  readonly now: number;
}

export function ContactPage(props: ContactPageProps) {
  const { viewer, tenant, contact, identities, origins, isElsewhere, now } = props;
  const displayName = displayNameOf(contact);
  return (
    <Layout viewer={viewer} title={displayName.slice(0, 60)} tenant={tenant} section="contacts">
      <p class="small">
        <a href={pathOf(tenant.id, "contacts")}>All contacts</a>
      </p>
      <div class="head">
        <div class="row">
          <Initials contact={contact} />
          <h1>
            <Foreign text={displayName} max={100} />
          </h1>
          {contact.deactivatedAt !== null && <Deactivated />}
        </div>
        <a class="button" data-kind="danger" href={`${pathOf(tenant.id, "contacts")}/${contact.id}/erase`} data-dialog={ERASURE_DIALOG}>
          Erase…
        </a>
      </div>
      {isElsewhere && (
        <Notice tone="warn">
          That moment is not in this timeline: it is about another contact, or about nobody that could be one. Look for it among{" "}
          <a href={pathOf(tenant.id, "events")}>all events</a>.
        </Notice>
      )}
      {contact.deactivatedAt !== null && (
        <Notice tone="warn" isReadOut={false}>
          The account was deleted at Clerk <Ago at={new Date(contact.deactivatedAt)} now={now} />. What is known stays; updates that come
          late do not revive it.
        </Notice>
      )}
      <div class="sheet">
        <div class="stack">
          <Profile contact={contact} now={now} />
          <Attributes origins={origins} now={now} />
          <Identities identities={identities} now={now} />
        </div>
        <Timeline {...props} />
      </div>
      <ErasureDialog viewer={viewer} tenant={tenant} contact={contact} />
    </Layout>
  );
}

function Profile({ contact, now }: { contact: Contact; now: number }) {
  const said = [
    ["E-mail", contact.email],
    ["Name", contact.name],
    ["Username", contact.username],
  ] as const;
  return (
    <section class="card" aria-labelledby="profile">
      <h2 id="profile">Profile</h2>
      <dl class="facts">
        {said.map(([label, text]) => (
          <Fragment key={label}>
            <dt>{label}</dt>
            <dd>{text === null ? <span class="soft">not told</span> : <Foreign text={text} max={1_000} />}</dd>
          </Fragment>
        ))}
        <dt>Known since</dt>
        <dd>
          <Ago at={new Date(contact.createdAt)} now={now} />
        </dd>
        <dt>Changed</dt>
        <dd>
          <Ago at={new Date(contact.updatedAt)} now={now} />
        </dd>
        <dt>Id</dt>
        <dd class="mono">{contact.id}</dd>
      </dl>
    </section>
  );
}

function Timeline({ tenant, events, first, next, now }: ContactPageProps) {
  const here = new Set(events.map(({ id }) => id));
  const latecomers = latecomersOf(events);
  return (
    <section class="stack" aria-labelledby="timeline">
      <h2 id="timeline">Timeline</h2>
      {events.length === 0 ? (
        <Empty title="No moment yet">
          <p>What happens to this person at a provider appears here: a purchase, a failed payment, an upgrade.</p>
        </Empty>
      ) : (
        <ol class="moments" data-line>
          {events.map((event) => (
            <Moment
              key={event.id}
              event={event}
              tenantId={tenant.id}
              now={now}
              firstIsHere={event.repeatOf !== null && here.has(event.repeatOf)}
              isLatecomer={latecomers.has(event.id)}
            />
          ))}
        </ol>
      )}
      <Pager first={first} next={next} />
    </section>
  );
}
