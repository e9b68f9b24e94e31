import type { Scalar } from "@mara/connectors";
import { firstInOrder } from "./facts.ts";
import { identityKey, spaceOf, type Identity, type Told, type Voice } from "./identity.ts";
import { BILLING_PROVIDERS, hasAccounts } from "./roles.ts";

/** What a contact shows. All of it follows from its identities; `createdAt` alone is its own. */
export interface ContactView {
  readonly email: string | null;
  readonly name: string | null;
  readonly username: string | null;
  readonly avatarUrl: string | null;
  readonly attributes: Readonly<Record<string, Scalar>>;
  /** Epoch milliseconds. */
  readonly deactivatedAt: number | null;
}

/** Where a shown attribute came from. */
export interface AttributeOrigin {
  readonly value: Scalar;
  readonly provider: Identity["provider"];
  readonly externalId: string;
  /** Whether the id is the provider's own. It may be the tenant's, or an address, that the provider told it with. */
  readonly isOwnId: boolean;
  /** Epoch milliseconds, by the provider's clock. */
  readonly toldAt: number;
}

/**
 * The contact that a set of identities makes. A pure function of the set: identities may come, move and merge in any
 * order. What Clerk says of a person's profile beats what a billing provider says, because it is the person's own
 * account; otherwise the newest wins. An e-mail is shown only by the contact that owns it.
 */
export function fold(identities: Iterable<Identity>): ContactView {
  const members = [...identities];
  const owned = new Set(members.filter((m) => m.space === "email").map((m) => m.externalId));
  const speakers = members.flatMap(speakersOf);
  const attributes = newestAttributes(speakers);
  return {
    email: emailOf(speakers, owned),
    name: newest(speakers, (voice) => voice.name),
    username: newest(speakers, (voice) => voice.username),
    avatarUrl: newest(speakers, (voice) => voice.avatarUrl),
    attributes: Object.fromEntries(Object.entries(attributes).map(([key, { told }]) => [key, told[0]])),
    deactivatedAt: members.reduce<number | null>(
      (at, m) => (m.facts.deletedAt === undefined ? at : Math.min(at ?? Infinity, m.facts.deletedAt)),
      null,
    ),
  };
}

/** For each attribute that the identities make together, the newest value and who told it. At most fifty. */
export function originsOf(identities: Iterable<Identity>): Record<string, AttributeOrigin> {
  return Object.fromEntries(
    Object.entries(newestAttributes([...identities].flatMap(speakersOf))).map(([key, { told, from }]) => [
      key,
      { value: told[0], provider: from.provider, externalId: from.externalId, isOwnId: isOwnId(from), toldAt: told[1] },
    ]),
  );
}

/** Who told something, and under which identity. */
interface Speaker {
  readonly voice: Voice;
  readonly provider: Identity["provider"];
  readonly space: Identity["space"];
  readonly externalId: string;
}

function speakersOf({ space, externalId, provider, facts }: Identity): Speaker[] {
  const own: Speaker = { voice: facts, provider, space, externalId };
  const { guests } = facts;
  if (!guests) return [own];
  const others = BILLING_PROVIDERS.flatMap((from): Speaker[] => (guests[from] ? [{ ...own, voice: guests[from], provider: from }] : []));
  return [own, ...others];
}

function isOwnId({ provider, space }: Speaker): boolean {
  return provider === "app" || provider === "email" || spaceOf(provider) === space;
}

interface Said<T> {
  readonly told: Told<T>;
  readonly from: Speaker;
}

function newestAttributes(speakers: readonly Speaker[]): Record<string, Said<Scalar>> {
  const found = new Map<string, Said<Scalar>>();
  for (const from of speakers) {
    for (const [key, told] of Object.entries(from.voice.attributes ?? {})) {
      const other = found.get(key);
      if (!other || outranks({ told, from }, other)) found.set(key, { told, from });
    }
  }
  return firstInOrder(Object.fromEntries(found));
}

function newest(speakers: readonly Speaker[], read: (voice: Voice) => Told<string | null> | undefined): string | null {
  const said = lastWord(speakers, (voice) => {
    const told = read(voice);
    return told && told[0] !== null ? told : undefined;
  });
  return said ? said.told[0] : null;
}

/** What counts of all that was said, if only that there is nothing. */
function lastWord<T>(speakers: readonly Speaker[], read: (voice: Voice) => Told<T> | undefined): Said<T> | null {
  let best: Said<T> | null = null;
  for (const from of speakers) {
    const told = read(from.voice);
    if (!told) continue;
    const said = { told, from };
    if (!best) best = said;
    else if (isTheirOwn(from) !== isTheirOwn(best.from)) best = isTheirOwn(from) ? said : best;
    else if (outranks(said, best)) best = said;
  }
  return best;
}

/** Whether it is the person's own account that speaks of them. */
function isTheirOwn({ provider }: Speaker): boolean {
  return hasAccounts(provider);
}

/**
 * The address that somebody tells and the contact owns. Without one it is any that it owns, unless the last word is that
 * there is none: an address that was removed still leads to the contact, and is shown no more.
 */
function emailOf(speakers: readonly Speaker[], owned: Set<string>): string | null {
  const told = newest(speakers, (voice) => ownedEmail(voice, owned));
  if (told !== null) return told;
  const hasNone = lastWord(speakers, (voice) => voice.email)?.told[0] === null;
  return hasNone ? null : smallest(owned);
}

function ownedEmail({ email }: Voice, owned: Set<string>): Told<string | null> | undefined {
  return email && email[0] !== null && owned.has(email[0]) ? email : undefined;
}

function smallest(addresses: Set<string>): string | null {
  return [...addresses].sort()[0] ?? null;
}

/** A total order, so that equal stamps of two speakers fold alike everywhere. */
function outranks(a: Said<unknown>, b: Said<unknown>): boolean {
  if (a.told[1] !== b.told[1]) return a.told[1] > b.told[1];
  if (a.told[2] !== b.told[2]) return a.told[2] > b.told[2];
  return nameOf(a.from) > nameOf(b.from);
}

function nameOf({ space, externalId, provider }: Speaker): string {
  return `${identityKey(space, externalId)} ${provider}`;
}
