import { isProvider, type Roles } from "@mara/connectors";

/** What each provider is to a person. The connectors say it, and this must say the same: types see to that. */
const ROLES = { stripe: "billing", polar: "billing", clerk: "accounts" } as const satisfies Roles;

/** Whether two ids of a provider are two people. */
export function hasAccounts(provider: string): boolean {
  return isProvider(provider) && ROLES[provider] === "accounts";
}

/** The subject that is an account itself. The connectors name it so: a test of the worker fails where this differs. */
export function accountSubject(externalId: string): string {
  return `user:${externalId}`;
}
