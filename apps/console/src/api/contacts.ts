import { PROVIDERS } from "@mara/connectors";
import { eraseContact, findContact, listContacts } from "@mara/store";
import { z } from "zod";
import type { Backing } from "../backing.ts";
import { externalId, line, page } from "../input.ts";
import { namesIn } from "../names-in.ts";
import { presentContact } from "../present.ts";
import { Refusal } from "../respond.ts";
import type { Route } from "./route.ts";

/** By whom a contact can be known: a provider, or the tenant itself. */
const KNOWN_BY = [...PROVIDERS, "app"] as const;

const filter = {
  email: line(320).optional(),
  provider: z.enum(KNOWN_BY).optional(),
  externalId: externalId.optional(),
};

export function contactRoutes({ store }: Backing): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/tenants/:tenant/contacts",
      who: "tenant",
      answer: async (call) => {
        const { items, nextCursor } = await listContacts(store, call.tenantId, call.query({ ...page, ...filter }));
        return { status: 200, body: { items: items.map(presentContact), nextCursor } };
      },
    },
    {
      method: "GET",
      path: "/tenants/:tenant/contacts/:id",
      who: "tenant",
      answer: async (call) => {
        const contact = await findContact(store, call.tenantId, call.id);
        if (contact === null) throw new Refusal("not_found");
        return { status: 200, body: presentContact(contact) };
      },
    },
    {
      method: "DELETE",
      path: "/tenants/:tenant/contacts/:id",
      who: "tenant",
      answer: async (call) => {
        // An id that was merged away erases the contact that it became.
        const contact = await findContact(store, call.tenantId, call.id);
        if (contact === null) throw new Refusal("not_found");
        if (!(await eraseContact(store, call.tenantId, contact.id, namesIn))) throw new Refusal("not_found");
        return { status: 204, erased: contact.id };
      },
    },
  ];
}
