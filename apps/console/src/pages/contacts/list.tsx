import type { Contact, Tenant } from "@mara/store";
import { Layout, pathOf, type Viewer } from "../layout.tsx";
import { ProviderSelect } from "../parts/select.tsx";
import { Empty, Foreign, Notice, Pager, TextField } from "../parts/small.tsx";
import { Ago } from "../parts/time.tsx";
import { displayNameOf, Deactivated, Initials, nameOfKnower } from "./person.tsx";
import type { ContactSearch } from "./search.ts";

export interface ContactListProps {
  readonly viewer: Viewer;
  readonly tenant: Tenant;
  readonly search: ContactSearch;
  readonly contacts: readonly Contact[];
  readonly first: string | null;
  readonly next: string | null;
  /** Whether somebody comes from having erased one. */
  readonly hasErased: boolean;
  readonly now: number;
}

export function ContactList({ viewer, tenant, search, contacts, first, next, hasErased, now }: ContactListProps) {
  return (
    <Layout viewer={viewer} title="Contacts" tenant={tenant} section="contacts">
      <div class="head">
        <div>
          <h1>Contacts</h1>
          <p>Everybody that a provider told of, one contact each however many ids they have. The newest first.</p>
        </div>
      </div>
      {hasErased && (
        <Notice tone="good">The contact is erased, with its identities, moments and stored payloads. Deliveries of the same events bring nobody back.</Notice>
      )}
      <form class="filters" method="get" action={pathOf(tenant.id, "contacts")}>
        <TextField id="q" label="E-mail or id" type="search" value={search.q ?? ""} maxLength={320} placeholder="ada@example.com, cus_…, user_…" />
        <ProviderSelect label="Known to" chosen={search.provider} all="Anybody" />
        <button>Search</button>
      </form>
      {contacts.length === 0 ? (
        <Nobody tenant={tenant} search={search} />
      ) : (
        <ul class="list">
          {contacts.map((contact) => (
            <Row key={contact.id} contact={contact} tenant={tenant} now={now} />
          ))}
        </ul>
      )}
      <Pager first={first} next={next} />
    </Layout>
  );
}

function Row({ contact, tenant, now }: { contact: Contact; tenant: Tenant; now: number }) {
  const displayName = displayNameOf(contact);
  const knowers = [...new Set(contact.identities.map((identity) => nameOfKnower(identity.provider)))];
  return (
    <li>
      <a class="list-link contact-link" href={`${pathOf(tenant.id, "contacts")}/${contact.id}`}>
        <Initials contact={contact} />
        <span class="person">
          <span class="list-title">
            <Foreign text={displayName} max={80} />
          </span>
          {contact.email !== null && contact.email !== displayName && (
            <span class="small soft">
              <Foreign text={contact.email} max={80} />
            </span>
          )}
          {/* Without an address, many look alike: a billing provider names a customer by an id alone. */}
          {contact.email === null && contact.identities[0] && (
            <span class="small soft mono">
              <Foreign text={contact.identities[0].externalId} max={80} />
            </span>
          )}
        </span>
        <span class="row">
          <span class="small soft">{knowers.join(", ")}</span>
          {contact.deactivatedAt !== null && <Deactivated />}
        </span>
        <span class="small soft list-end">
          changed <Ago at={new Date(contact.updatedAt)} now={now} />
        </span>
      </a>
    </li>
  );
}

function Nobody({ tenant, search }: { tenant: Tenant; search: ContactSearch }) {
  if (search.q || search.provider) {
    return (
      <Empty title="Nobody found">
        <p>
          {search.q ? "Nobody is known by exactly this e-mail address or id. " : "Nobody is known to this provider yet. "}
          <a href={pathOf(tenant.id, "contacts")}>Show all contacts</a>
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="No contact yet">
      <p>
        The first event about a person makes a contact. <a href={pathOf(tenant.id, "integrations")}>Set up a provider</a>; with Clerk you
        can also import everybody who signed up before.
      </p>
    </Empty>
  );
}
