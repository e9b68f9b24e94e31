import type { Contact, Tenant } from "@mara/store";
import { Layout, pathOf, type Viewer } from "../layout.tsx";
import { Csrf, Foreign } from "../parts/small.tsx";
import { displayNameOf } from "./person.tsx";

export const ERASURE_DIALOG = "erase";

interface ErasureProps {
  readonly viewer: Viewer;
  readonly tenant: Tenant;
  readonly contact: Contact;
}

/** Asks before a contact is erased, on a page of its own. */
export function EraseContact(props: ErasureProps) {
  return (
    <Layout viewer={props.viewer} title="Erase a contact" tenant={props.tenant} section="contacts">
      <div class="narrow stack">
        <h1>
          Erase <Foreign text={displayNameOf(props.contact)} max={100} />?
        </h1>
        <Erasure {...props} isDialog={false} />
      </div>
    </Layout>
  );
}

/** The same, where script can open it over the contact's page. */
export function ErasureDialog(props: ErasureProps) {
  return (
    <dialog id={ERASURE_DIALOG} aria-labelledby="erase-title">
      <div class="stack">
        <h2 id="erase-title">
          Erase <Foreign text={displayNameOf(props.contact)} max={100} />?
        </h2>
        <Erasure {...props} isDialog />
      </div>
    </dialog>
  );
}

function Erasure({ viewer, tenant, contact, isDialog }: ErasureProps & { readonly isDialog: boolean }) {
  const path = `${pathOf(tenant.id, "contacts")}/${contact.id}`;
  return (
    <>
      <p>This is gone for good, here and for your journeys:</p>
      <ul class="bullets">
        <li>the e-mail address, name, username, link to a picture, and {attributesOf(contact)}</li>
        <li>{identitiesOf(contact)}, by which events find it</li>
        <li>every moment in its timeline</li>
        <li>the stored payloads of its deliveries, and of failed ones that name it</li>
      </ul>
      <p>
        Its deliveries stay in their list without saying whom they were about. The ids of its events are remembered, so that no
        redelivery and no replay of them brings it back. A <em>new</em> event about the same person, one that is still queued, or an
        import from Clerk while the account is there, begins a new contact: end the account at the provider first, and erase when
        no delivery is queued any more.
      </p>
      <form class="row" method="post" action={`${path}/erase`}>
        <Csrf viewer={viewer} />
        <button data-kind="danger">Erase for good</button>
        {/* A dialog focuses what it holds: pressing Enter once more than was meant must not erase. */}
        <a class="button" data-kind="quiet" href={path} data-close autofocus={isDialog}>
          Keep
        </a>
      </form>
    </>
  );
}

function attributesOf({ attributes }: Contact): string {
  const many = Object.keys(attributes).length;
  if (many === 0) return "attributes (it has none)";
  return many === 1 ? "its 1 attribute" : `its ${many} attributes`;
}

function identitiesOf({ identities }: Contact): string {
  const many = identities.length;
  if (many === 0) return "its e-mail address as an identity";
  return many === 1 ? "its id at a provider" : `its ${many} ids`;
}
