import { isMendedByPasting } from "../../problem.ts";
import { HourChart } from "../parts/chart.tsx";
import { Badge, count, Foreign, Notice, type Tone } from "../parts/small.tsx";
import { Ago } from "../parts/time.tsx";
import type { Seen, State } from "./look.ts";

const STATES = {
  "not-set-up": { tone: "idle", words: "Not set up" },
  waiting: { tone: "accent", words: "Waiting for the first event" },
  flowing: { tone: "good", words: "Flowing" },
  unsigned: { tone: "warn", words: "Unsigned deliveries" },
  rejecting: { tone: "bad", words: "Rejecting" },
  failing: { tone: "warn", words: "Events fail" },
} as const satisfies Record<State, { tone: Tone; words: string }>;

/** Whether it is not set up, never was, and nobody has tried it either. */
export function hasNothing({ state, health }: Seen): boolean {
  return state === "not-set-up" && health.contacts === 0 && health.lastActivityAt === null && health.lastProblemAt === null;
}

/** The state in a word. */
export function StateBadge({ seen }: { seen: Seen }) {
  const { tone, words } = STATES[seen.state];
  return <Badge tone={tone}>{words}</Badge>;
}

/** The same, said aloud when it changes. */
export function SpokenState({ seen }: { seen: Seen }) {
  return (
    <span data-say={`${seen.label}: ${STATES[seen.state].words}`}>
      <StateBadge seen={seen} />
    </span>
  );
}

/** What stands inside a connector's card of the health strip. */
export function Health({ seen, now }: { seen: Seen; now: number }) {
  const { health, label, pending, rowPath } = seen;
  if (hasNothing(seen)) {
    return (
      <p class="soft">
        Nothing yet. <a href={rowPath}>Set up {label}</a>
      </p>
    );
  }
  return (
    <>
      <dl class="figures">
        <div>
          <dt>{health.contacts === 1 ? "Contact" : "Contacts"}</dt>
          <dd class="figure">{count(health.contacts)}</dd>
        </div>
        <div>
          <dt>Waiting</dt>
          <dd class="figure">{pending === null ? <span class="small soft">unknown: the queue does not answer</span> : count(pending)}</dd>
        </div>
        <div class="wide">
          <dt>Last activity</dt>
          <dd>
            {health.lastActivityAt === null ? "None yet" : <Ago at={new Date(health.lastActivityAt)} now={now} />}
            {health.lastEventType !== null && (
              <code class="small soft">
                {" "}
                <Foreign text={health.lastEventType} max={80} />
              </code>
            )}
          </dd>
        </div>
      </dl>
      <HourChart label={label} hours={health.hours} sums={health.last24h} />
      <PastProblem seen={seen} now={now} />
    </>
  );
}

/** What goes wrong at the moment, each with what to do about it: stands beneath the strip, where the state is read out. */
export function Problems({ integrations, now }: { integrations: readonly Seen[]; now: number }) {
  return (
    <>
      {integrations.map(({ provider, label, state, problem, health, rowPath, troubledPath }) =>
        isTroubled(state) && problem !== null && health.lastProblemAt !== null ? (
          // Found again by its provider when another is told above it: the focus may be in it.
          <div key={provider} data-key={provider}>
            <Notice tone={state === "rejecting" ? "bad" : "warn"} isReadOut={false}>
              <strong>{label}:</strong>{" "}
              <span data-say={problem}>
                <Foreign text={problem} max={600} />
              </span>{" "}
              <span class="small soft">
                The last one <Ago at={new Date(health.lastProblemAt)} now={now} />.
              </span>{" "}
              <span class="small">
                {isMendedByPasting(health.lastProblem) && (
                  <>
                    <a href={rowPath}>
                      Paste the secret<span class="visually-hidden"> of {label}</span>
                    </a>{" "}
                    ·{" "}
                  </>
                )}
                <a href={troubledPath}>
                  See the deliveries<span class="visually-hidden"> of {label}</span>
                </a>
              </span>
            </Notice>
          </div>
        ) : null,
      )}
    </>
  );
}

function isTroubled(state: State): boolean {
  return state === "unsigned" || state === "rejecting" || state === "failing";
}

/** A problem of which nothing shows any more but its trace. */
function PastProblem({ seen: { problem, state, health, label, rowPath }, now }: { seen: Seen; now: number }) {
  if (problem === null || health.lastProblemAt === null || isTroubled(state)) return null;
  const said = <Foreign text={problem} max={600} />;
  // Nothing else on the card says what to do about it.
  if (state === "not-set-up") {
    return (
      <p class="small">
        Last problem <Ago at={new Date(health.lastProblemAt)} now={now} />. {said} <a href={rowPath}>Set up {label}</a>
      </p>
    );
  }
  return (
    <details class="small soft">
      <summary>
        Last problem <Ago at={new Date(health.lastProblemAt)} now={now} />
        {state === "flowing" && ": deliveries came through since"}
      </summary>
      <p>{said}</p>
    </details>
  );
}
