import { attributesOf } from "../attributes.ts";
import type { Person } from "../connector.ts";
import { normaliseEmail } from "../email.ts";
import { idOf, objectOf, textOf } from "../fields.ts";
import type { JsonObject } from "../json.ts";
import { isAppId } from "../text.ts";

/**
 * The customer of a subscription or an order. What the object's own metadata tells goes over what the customer's does;
 * `custom_field_data`, the answers given at checkout, is not read.
 *
 * `email_verified` is not asked for: Polar leaves it false for nearly everyone who pays, and the receipts go to the
 * address all the same. As for every billing provider, the address identifies its contact.
 */
export function personOf(object: JsonObject): Person | null {
  const customer = objectOf(object, "customer") ?? {};
  const externalId = idOf(customer, "id") ?? idOf(object, "customer_id");
  const appId = customer.external_id;
  const email = normaliseEmail(customer.email);
  if (externalId === null && email === null && !isAppId(appId)) return null;
  const name = textOf(customer, "name");
  return {
    externalId,
    appIds: isAppId(appId) ? [appId] : [],
    emails: email === null ? [] : [{ address: email, verified: true }],
    profile: {
      ...(email !== null || customer.email === null ? { email } : {}),
      ...(name !== null || customer.name === null ? { name } : {}),
    },
    attributes: attributesOf(customer.metadata, object.metadata),
    attributesMode: "merge",
    deleted: false,
  };
}
