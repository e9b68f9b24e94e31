import { hasAccounts } from "./roles.ts";
import { identityKey, type Identity, type IdentityFacts, type Stamp, type Voice } from "./identity.ts";

/**
 * How much the identities of one contact keep of what they were told, in characters of JSON. All of it is loaded with every
 * event that names one of them, and whoever has a signing secret could make a contact with any number of customers.
 */
const MOST_KEPT = 200_000;
/** A contact of so few is not looked at, which would cost something with every delivery. */
const FEW = 8;

/**
 * Where the identities of a contact keep too much together, those that were told something longest ago forget what they were
 * told. They go on leading to the contact, and a person's own account forgets nothing. Answers those that were changed.
 */
export function forgetOldest(members: Iterable<Identity>): Identity[] {
  const identities = [...members];
  if (identities.length <= FEW) return [];
  let kept = 0;
  return identities.sort(keptFirst).filter((identity) => {
    kept += JSON.stringify(identity.facts).length;
    if (kept <= MOST_KEPT || hasAccounts(identity.provider) || toldAt(identity.facts).length === 0) return false;
    identity.facts = withoutVoices(identity.facts);
    return true;
  });
}

function keptFirst(a: Identity, b: Identity): number {
  if (hasAccounts(a.provider) !== hasAccounts(b.provider)) return hasAccounts(a.provider) ? -1 : 1;
  const [mine, theirs] = [latest(a.facts), latest(b.facts)];
  return theirs[0] - mine[0] || theirs[1] - mine[1] || (nameOf(a) < nameOf(b) ? -1 : 1);
}

function latest(facts: IdentityFacts): Stamp {
  return toldAt(facts).reduce((last, stamp) => (stamp[0] > last[0] || (stamp[0] === last[0] && stamp[1] > last[1]) ? stamp : last), NEVER);
}

const NEVER: Stamp = [-Infinity, -Infinity];

/** When each thing was told that an identity keeps of its person. */
function toldAt({ guests = {}, ...own }: IdentityFacts): Stamp[] {
  return [own, ...Object.values(guests)].flatMap((voice: Voice) => {
    const { email, name, username, avatarUrl, attributes = {}, snapshot } = voice;
    const values = [email, name, username, avatarUrl, ...Object.values(attributes)];
    return [...values.flatMap((told): Stamp[] => (told ? [[told[1], told[2]]] : [])), ...(snapshot ? [snapshot] : [])];
  });
}

/** What is left says whose an identity is, and not what was told of them. */
function withoutVoices({ deletedAt, linkedTo, claim, unverified }: IdentityFacts): IdentityFacts {
  return {
    ...(deletedAt !== undefined && { deletedAt }),
    ...(linkedTo && { linkedTo }),
    ...(claim && { claim }),
    ...(unverified && { unverified }),
  };
}

function nameOf({ space, externalId }: Identity): string {
  return identityKey(space, externalId);
}
