import type { EventData, Facts, ProviderEvent, SampleOptions } from "../src/connector.ts";
import type { JsonObject } from "../src/json.ts";
import { normalise } from "../src/stripe/normalise.ts";

/** What the tests' events are made of: one customer's objects, at noon on a day in November. */
export const OPTIONS = { at: Date.UTC(2026, 10, 1, 12), seed: "Ada1" } as const satisfies SampleOptions;

/** A snapshot event about `object`, as the worker reads it. */
export function eventOf(
  type: string,
  object: JsonObject,
  envelope: { id?: string; at?: number; previous?: JsonObject; account?: string } = {},
): ProviderEvent {
  const { id = "evt_1", at = OPTIONS.at, previous, account } = envelope;
  const payload: JsonObject = {
    id,
    object: "event",
    type,
    created: at / 1000,
    livemode: false,
    ...(account ? { account } : {}),
    data: { object, ...(previous ? { previous_attributes: previous } : {}) },
  };
  return { id, type, occurredAt: at, payload };
}

/** The facts of an event that carries some. */
export function factsOf(event: ProviderEvent): Facts {
  const { facts } = normalise(event);
  if (!facts) throw new Error(`${event.type} carries no facts`);
  return facts;
}

/** The data of the moment that an event makes by itself. */
export function dataOf(event: ProviderEvent): EventData {
  const [moment] = factsOf(event).decide(null).moments;
  if (!moment) throw new Error(`${event.type} makes no moment`);
  return moment.data;
}

/** What each event of one object brings, decided in the order given: by its id, the ids of the moments. */
export function broughtBy(events: readonly ProviderEvent[]): [id: string, moments: string[]][] {
  let history: JsonObject | null = null;
  return events.map((event) => {
    const decision = factsOf(event).decide(history);
    history = decision.history;
    return [event.id, decision.moments.map(({ providerEventId }) => providerEventId)];
  });
}
