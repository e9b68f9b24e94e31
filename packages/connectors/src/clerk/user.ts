import { attributesOf } from "../attributes.ts";
import type { EmailClaim, Person } from "../connector.ts";
import { normaliseEmail } from "../email.ts";
import { idOf, numberOf, objectOf, objectsOf, textOf } from "../fields.ts";
import type { JsonObject } from "../json.ts";
import { isObject } from "../parse.ts";
import { isAppId } from "../text.ts";
import { clerkTime } from "./time.ts";

/** More addresses than this nobody has: the primary one and the first of the others count. */
const MAX_EMAILS = 50;
const MAX_URL = 2048;

/** Someone as Clerk has them, and when Clerk last changed them, epoch milliseconds. */
export interface ClerkUser {
  readonly person: Person;
  readonly asOf: number;
}

/**
 * Reads a user of Clerk's Backend API by the same rules as one that a webhook brings.
 * `user` is Clerk's own JSON, snake_case: what `GET /v1/users` lists, or `raw` of a `User` of `@clerk/backend`.
 * Null where it has no id. A user that Clerk does not date counts as older than anything.
 */
export function readClerkUser(user: unknown): ClerkUser | null {
  if (!isObject(user)) return null;
  const person = personOf(user);
  return person && { person, asOf: changedAt(user) ?? 0 };
}

/** When Clerk last changed `user`, epoch milliseconds; null where it doesn't say. */
export function changedAt(user: JsonObject): number | null {
  return clerkTime(numberOf(user, "updated_at")) ?? clerkTime(numberOf(user, "created_at"));
}

/** Who a user is; null where they have no id. Of metadata only the public one is touched. */
export function personOf(user: JsonObject): Person | null {
  const externalId = idOf(user, "id");
  if (externalId === null) return null;
  const emails = emailsOf(user);
  return {
    externalId,
    appIds: appIdsOf(user),
    emails,
    profile: { ...emailToShow(user, emails), ...nameOf(user), ...usernameOf(user), ...avatarOf(user) },
    attributes: attributesOf(user.public_metadata),
    attributesMode: tells(user, "public_metadata") ? "snapshot" : "merge",
    deleted: false,
  };
}

/** What is left of a deleted user: ids. Null where there is none. */
export function deletedPersonOf(user: JsonObject): Person | null {
  const externalId = idOf(user, "id");
  if (externalId === null) return null;
  return {
    externalId,
    appIds: appIdsOf(user),
    emails: [],
    profile: {},
    attributes: {},
    attributesMode: "merge",
    deleted: true,
  };
}

function appIdsOf(user: JsonObject): string[] {
  return isAppId(user.external_id) ? [user.external_id] : [];
}

/** The primary address first, then the others in Clerk's order, each once. Only what Clerk calls verified is. */
function emailsOf(user: JsonObject): EmailClaim[] {
  const claims = new Map<string, EmailClaim>();
  for (const email of primaryFirst(user)) {
    const address = normaliseEmail(email.email_address);
    if (address === null) continue;
    const verified = objectOf(email, "verification")?.status === "verified";
    claims.set(address, { address, verified: verified || claims.get(address)?.verified === true });
  }
  return [...claims.values()].slice(0, MAX_EMAILS);
}

function primaryFirst(user: JsonObject): JsonObject[] {
  const emails = objectsOf(user, "email_addresses");
  return [...emails.filter((email) => isPrimary(user, email)), ...emails.filter((email) => !isPrimary(user, email))];
}

function isPrimary(user: JsonObject, email: JsonObject): boolean {
  return email.id !== undefined && email.id === user.primary_email_address_id;
}

/** Clerk's examples name a primary address and list none: that tells nothing. Neither named nor listed: there is none. */
function emailToShow(user: JsonObject, [first]: readonly EmailClaim[]): { email?: string | null } {
  if (first) return { email: first.address };
  const tellsOfNone = tells(user, "email_addresses") && (user.primary_email_address_id ?? null) === null;
  return tellsOfNone ? { email: null } : {};
}

function nameOf(user: JsonObject): { name?: string | null } {
  if (!tells(user, "first_name") && !tells(user, "last_name")) return {};
  const parts = [textOf(user, "first_name"), textOf(user, "last_name")].filter((part) => part !== null);
  return { name: parts.length > 0 ? parts.join(" ") : null };
}

function usernameOf(user: JsonObject): { username?: string | null } {
  return tells(user, "username") ? { username: textOf(user, "username") } : {};
}

function avatarOf(user: JsonObject): { avatarUrl?: string | null } {
  if (!tells(user, "image_url")) return {};
  const url = textOf(user, "image_url", MAX_URL + 1);
  return { avatarUrl: url !== null && url.length <= MAX_URL && /^https?:\/\//i.test(url) ? url : null };
}

function tells(user: JsonObject, key: string): boolean {
  return user[key] !== undefined;
}
