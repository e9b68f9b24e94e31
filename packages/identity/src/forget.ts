import { hasAccounts } from "./roles.ts";
import { notOlder, type Identity, type IdentityFacts, type IdentityKey, type Stamp, type Voice } from "./identity.ts";

/**
 * How much the identities of one contact keep of what they were told, in characters of JSON. All of it is loaded with every
 * event that names one of them, and whoever has a signing secret could make a contact with any number of customers.
 */
const MOST_KEPT = 200_000;
/** A contact of so few is not looked at, which would cost something with every delivery. */
const FEW = 8;

interface Keeper {
  readonly key: IdentityKey;
  readonly identity: Identity;
  readonly size: number;
  /** When it was told something last. */
  readonly told: Stamp;
}

/**
 * Where the identities of a contact keep too much together, those that were told something longest ago forget what they were
 * told. They go on leading to the contact, and a person's own account forgets nothing. Answers those that were changed.
 */
export function forgetOldest(members: ReadonlyMap<IdentityKey, Identity>): Identity[] {
  if (members.size <= FEW) return [];
  const sized = [...members].map(([key, identity]) => ({ key, identity, size: JSON.stringify(identity.facts).length }));
  let room = MOST_KEPT - sized.reduce((sum, { size }) => sum + size, 0);
  if (room >= 0) return [];
  const keepers = sized.map((each): Keeper => ({ ...each, told: latest(each.identity.facts) })).sort(forgottenFirst);
  const forgotten: Identity[] = [];
  for (const { identity, size, told } of keepers) {
    if (room >= 0 || hasAccounts(identity.provider)) break;
    if (told === NEVER) continue;
    identity.facts = withoutVoices(identity.facts, told);
    room += size - JSON.stringify(identity.facts).length;
    forgotten.push(identity);
  }
  return forgotten;
}

/** Accounts come last. */
function forgottenFirst(a: Keeper, b: Keeper): number {
  const [isAccount, isOther] = [hasAccounts(a.identity.provider), hasAccounts(b.identity.provider)];
  if (isAccount !== isOther) return isAccount ? 1 : -1;
  return a.told[0] - b.told[0] || a.told[1] - b.told[1] || (a.key < b.key ? -1 : 1);
}

const NEVER: Stamp = [0, 0];

function latest({ guests = {}, ...own }: IdentityFacts): Stamp {
  return [own, ...Object.values(guests)].flatMap(stampsIn).reduce((last, stamp) => (notOlder(stamp, last) ? stamp : last), NEVER);
}

/** When each thing was told that is kept. */
function stampsIn({ email, name, username, avatarUrl, attributes = {}, snapshot }: Voice): Stamp[] {
  const told = [email, name, username, avatarUrl, ...Object.values(attributes)];
  return [...told.flatMap((value): Stamp[] => (value ? [[value[1], value[2]]] : [])), ...(snapshot ? [snapshot] : [])];
}

/** What is left says whose an identity is, and not what was told of them. */
function withoutVoices({ deletedAt, linkedTo, claim, unverified, forgotten: before }: IdentityFacts, told: Stamp): IdentityFacts {
  return {
    ...(deletedAt !== undefined && { deletedAt }),
    ...(linkedTo && { linkedTo }),
    ...(claim && { claim }),
    ...(unverified && { unverified }),
    forgotten: before && notOlder(before, told) ? before : told,
  };
}
