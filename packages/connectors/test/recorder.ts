import type { Connector, DecidedMoment, EventData, ProviderEvent } from "../src/connector.ts";
import type { JsonObject } from "../src/json.ts";

/** A moment as it was recorded, with the event whose moment it repeats. */
export interface Recorded extends DecidedMoment {
  readonly repeatOf: string | null;
  data: EventData;
}

/** Records events in the order in which they arrive, each once, as the worker does. Histories go through JSON. */
export function record(connector: Connector, events: readonly ProviderEvent[]): Recorded[] {
  const recorded = new Map<string, Recorded>();
  const histories = new Map<string, JsonObject | null>();
  const firsts = new Map<string, string>();
  for (const event of events) {
    const { facts } = connector.normalise(event);
    if (!facts || recorded.has(event.id)) continue;
    const subject = facts.subject && `${facts.subject.kind} ${facts.subject.id}`;
    const decision = facts.decide(subject === null ? null : (histories.get(subject) ?? null));
    for (const moment of decision.moments) {
      const { providerEventId: id, repeatKey } = moment;
      if (recorded.has(id)) continue;
      const first = firsts.get(`${subject} ${repeatKey}`);
      recorded.set(id, { ...moment, repeatOf: first ?? null });
      if (subject !== null && first === undefined) firsts.set(`${subject} ${repeatKey}`, id);
    }
    for (const { providerEventId, data } of decision.amendments) {
      const amended = recorded.get(providerEventId);
      if (amended) amended.data = { ...amended.data, ...data };
    }
    if (subject !== null) histories.set(subject, JSON.parse(JSON.stringify(decision.history)));
  }
  return [...recorded.values()];
}

/** Each moment as `type by event`, with ` again` where it is a repeat, in the order in which they were recorded. */
export function told(connector: Connector, events: readonly ProviderEvent[]): string[] {
  return record(connector, events).map(
    ({ type, providerEventId, repeatOf }) => `${type} by ${providerEventId}${repeatOf ? " again" : ""}`,
  );
}
