import type { Provider, Roles } from "@mara/connectors";

/** What each provider is to a person. The connectors say it, and this must say the same: types see to that. */
const ROLES = { stripe: "billing", polar: "billing", clerk: "accounts" } as const satisfies Roles;

type ProviderWith<Role> = { [P in Provider]: Roles[P] extends Role ? P : never }[Provider];

/** Who bills, and has customers of its own: any number of them may be one person. */
export type BillingProvider = ProviderWith<"billing">;

/** Where people have their accounts: each is one person, and what it says of a profile is that person's own word. */
export type AccountProvider = ProviderWith<"accounts">;

const ROLE_OF: ReadonlyMap<string, string> = new Map(Object.entries(ROLES));

export function isBilling(name: string): name is BillingProvider {
  return ROLE_OF.get(name) === "billing";
}

export function hasAccounts(name: string): name is AccountProvider {
  return ROLE_OF.get(name) === "accounts";
}

export const BILLING_PROVIDERS: readonly BillingProvider[] = Object.keys(ROLES).filter(isBilling);
