import type { AttributeOrigin, Identity, IdentityFacts, Voice } from "@mara/identity";
import { Badge, count, Foreign } from "../parts/small.tsx";
import { Ago } from "../parts/time.tsx";
import { nameOfKnower } from "./person.tsx";

/** A contact's custom fields, each with who told it and when. */
export function Attributes({ origins, now }: { origins: Readonly<Record<string, AttributeOrigin>>; now: number }) {
  const attributes = Object.entries(origins).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return (
    <section class="card" aria-labelledby="attributes">
      <h2 id="attributes">Attributes</h2>
      {attributes.length === 0 ? (
        <p class="soft">
          None. Metadata that you attach at a provider becomes an attribute: <a href="/docs/webhooks#custom-fields">how</a>.
        </p>
      ) : (
        <ul class="known">
          {attributes.map(([key, { value, provider, externalId, isOwnId, toldAt }]) => (
            <li key={key}>
              <span class="known-key mono small">
                <Foreign text={key} max={100} />
              </span>
              <span class="known-value">
                <Foreign text={String(value)} max={1_000} />
              </span>
              <span class="known-from small soft">
                {`${nameOfKnower(provider)}${isOwnId ? "" : " for"} `}
                <span class="mono">
                  <Foreign text={externalId} max={60} />
                </span>
                , <Ago at={new Date(toldAt)} now={now} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** Whoever buys as a guest again and again has a new id each time. On a phone the timeline stands beneath them. */
const IDENTITIES_IN_SIGHT = 8;
const MOST_IDENTITIES = 100;

/** What a contact is known by. */
export function Identities({ identities, now }: { identities: readonly Identity[]; now: number }) {
  return (
    <section class="card" aria-labelledby="identities">
      <h2 id="identities">Known as</h2>
      {identities.length === 0 ? (
        <p class="soft">Nothing any more: its ids moved to other contacts.</p>
      ) : (
        <Ids identities={identities.slice(0, IDENTITIES_IN_SIGHT)} now={now} />
      )}
      {identities.length > IDENTITIES_IN_SIGHT && (
        <details class="small">
          <summary>{`${count(identities.length - IDENTITIES_IN_SIGHT)} more`}</summary>
          <Ids identities={identities.slice(IDENTITIES_IN_SIGHT, MOST_IDENTITIES)} now={now} />
          {identities.length > MOST_IDENTITIES && (
            <p class="soft">{`And ${count(identities.length - MOST_IDENTITIES)} more: each of them finds this contact in the search.`}</p>
          )}
        </details>
      )}
    </section>
  );
}

function Ids({ identities, now }: { identities: readonly Identity[]; now: number }) {
  return (
    <ul class="known">
      {identities.map(({ space, provider, externalId, facts }) => {
        const heardAt = lastHeard(facts);
        return (
          <li key={`${space}:${externalId}`}>
            <span class="known-key small">{nameOfKnower(provider)}</span>
            <span class="known-value mono small">
              <Foreign text={externalId} max={255} />
            </span>
            <span class="known-from small soft">
              {facts.unverified !== undefined && <Badge tone="warn">Not verified</Badge>}{" "}
              {facts.deletedAt !== undefined && <Badge tone="warn">Deleted there</Badge>}{" "}
              {heardAt !== null && (
                <>
                  told as of <Ago at={new Date(heardAt)} now={now} />
                </>
              )}
            </span>
          </li>
        );
      })}
    </ul>
  );
}

/** When an identity was told something last, by the provider's clock; null where it never was. */
function lastHeard({ guests = {}, claim, unverified, deletedAt, ...own }: IdentityFacts): number | null {
  const stamped = [claim, unverified].flatMap((stamp) => (stamp ? [stamp[0]] : []));
  const told = [own, ...Object.values(guests)].flatMap(timesOf);
  const all = [...told, ...stamped, ...(deletedAt === undefined ? [] : [deletedAt])];
  return all.length === 0 ? null : Math.max(...all);
}

function timesOf({ email, name, username, avatarUrl, attributes = {}, snapshot }: Voice): number[] {
  const told = [email, name, username, avatarUrl, ...Object.values(attributes)].flatMap((each) => (each ? [each[1]] : []));
  return snapshot ? [...told, snapshot[0]] : told;
}
