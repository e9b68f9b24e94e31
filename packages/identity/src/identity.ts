import type { Provider, Scalar } from "@mara/connectors";
import { BILLING_PROVIDERS, hasAccounts, type BillingProvider } from "./roles.ts";

/**
 * Where an external id is unique. Clerk's user ids share `app` with the tenant's own ids, because an id that
 * Stripe or Polar was given by the tenant is very often Clerk's: equal ones are the same person.
 */
const SPACES = [...BILLING_PROVIDERS, "app", "email"] as const;

export type Space = (typeof SPACES)[number];

/** When something was told: at the provider, then on arrival here for what the provider dates alike. Epoch milliseconds. */
export type Stamp = readonly [asOf: number, receivedAt: number];

/** A last-writer-wins register. */
export type Told<T> = readonly [value: T, ...stamp: Stamp];

/** What one provider told of a person. */
export interface Voice {
  email?: Told<string | null>;
  name?: Told<string | null>;
  username?: Told<string | null>;
  avatarUrl?: Told<string | null>;
  attributes?: Record<string, Told<Scalar>>;
  /** Of the newest attribute snapshot, where the provider sends whole ones. */
  snapshot?: Stamp;
}

/** What one identity was told of its person, by the provider whose id it is. JSON: it is stored as it stands. */
export interface IdentityFacts extends Voice {
  /**
   * For one of the tenant's own ids: what billing providers told under it. The id may be a Clerk user's, or turn out to be
   * one, and what others say of them is not Clerk's word.
   */
  guests?: { readonly [P in BillingProvider]?: Voice };
  /** When the provider said that the account was deleted. It never comes back. */
  deletedAt?: number;
  /**
   * For a billing customer: the newest of the tenant's own ids that it was linked to. An id beats an e-mail. For an e-mail:
   * the first of them that a billing provider told it with.
   */
  linkedTo?: Told<string>;
  /** For an e-mail: the newest verified claim by a Clerk user. For one of the tenant's own ids: by a user who carries it. */
  claim?: Stamp;
  /** When the newest was told of what it has forgotten (`forgetOldest`): nothing that is not newer counts any more. */
  forgotten?: Stamp;
  /** For an e-mail: nobody verified it yet, so it identifies nobody. Holds the newest claim. */
  unverified?: Stamp;
}

/** One thing that a contact is known by. */
export interface Identity {
  readonly space: Space;
  readonly externalId: string;
  /** Whose id it is known to be; `app` for the tenant's own, `email` for an address. */
  provider: Provider | "app" | "email";
  contactId: string;
  facts: IdentityFacts;
}

export type IdentityKey = `${Space}:${string}`;

/** The key of an identity within its tenant. */
export function identityKey(space: Space, externalId: string): IdentityKey {
  return `${space}:${externalId}`;
}

export function isSpace(text: string): text is Space {
  return SPACES.some((space) => space === text);
}

/** Whether a text, such as one that was stored, is a key of an identity. */
export function isIdentityKey(text: string): text is IdentityKey {
  return SPACES.some((space) => text.startsWith(`${space}:`));
}

/** The space in which a provider's own ids for a person live. */
export function spaceOf(provider: Provider): Space {
  return hasAccounts(provider) ? "app" : provider;
}

/** Whether `a` was told after `b`; of equal ones the one that is told now, `a`, counts as later. */
export function notOlder(a: Stamp, b: Stamp): boolean {
  return a[0] !== b[0] ? a[0] > b[0] : a[1] >= b[1];
}
