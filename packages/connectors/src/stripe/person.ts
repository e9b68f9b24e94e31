import { attributesOf } from "../attributes.ts";
import type { Person } from "../connector.ts";
import { normaliseEmail } from "../email.ts";
import type { Json } from "../json.ts";
import { isAppId } from "../text.ts";

/** Where an object says who its customer is. Keys that it lacks altogether are left out. */
export interface Who {
  readonly customer: string | null;
  /** Where their address may stand: the first one that can be one counts. */
  readonly emails?: readonly (Json | undefined)[];
  readonly name?: string | null;
  /** The tenant's own id for them. */
  readonly appId?: Json | undefined;
  readonly metadata?: Json | undefined;
}

/**
 * The person that a Stripe object is about; null where it names nobody. The address that a customer pays with counts as
 * verified: it is how customers are known to be the people that other providers tell of.
 * An empty field says nothing: each object knows its customer in part only.
 */
export function personOf({ customer, emails = [], name, appId, metadata }: Who): Person | null {
  const address = firstAddress(emails);
  const appIds = isAppId(appId) ? [appId] : [];
  if (customer === null && address === null && appIds.length === 0) return null;
  return {
    externalId: customer,
    appIds,
    emails: address === null ? [] : [{ address, verified: true }],
    profile: { ...(address === null ? {} : { email: address }), ...(name ? { name } : {}) },
    attributes: attributesOf(metadata),
    attributesMode: "merge",
    deleted: false,
  };
}

function firstAddress(emails: readonly (Json | undefined)[]): string | null {
  for (const email of emails) {
    const address = normaliseEmail(email);
    if (address !== null) return address;
  }
  return null;
}
