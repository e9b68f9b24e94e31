import type { Sample } from "../src/connector.ts";
import { Envelope } from "./envelope.ts";

/** Bodies that are no event, each of them `sample`'s with one thing wrong where that can be: nothing else is a reason to refuse it. */
export function noEvents(sample: Sample): [what: string, body: string][] {
  const { type, body } = sample;
  const envelope = new Envelope(sample);
  const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
  return [
    ["empty", ""],
    ["blank", " \n"],
    ["not JSON", `type=${type}&id=1`],
    ["cut off", body.slice(0, -1)],
    ["followed by more", `${body}}`],
    ["null", "null"],
    ["a number", "7"],
    ["a text", JSON.stringify(type)],
    ["a list", `[${body}]`],
    ["without a type", envelope.withType(undefined)],
    ["of a type that is null", envelope.withType(null)],
    ["of a type that is a number", envelope.withType(7)],
    ["of a type that is a list", envelope.withType([type])],
    ["of an empty type", envelope.withType("")],
    ["of a type with a NUL", envelope.withType(`${type}\0`)],
    ["of an endless type", envelope.withType("t".repeat(10_000))],
    ["nested without end", envelope.withMore(nested(50_000))],
    ["nested deeper than any provider's", envelope.withMore(nested(64))],
    ["nested without end, and cut off", '{"a":'.repeat(100_000)],
    ...(envelope.holdsId ? noIds(envelope) : []),
  ];
}

function noIds(envelope: Envelope): [what: string, body: string][] {
  return [
    ["without an id", envelope.withId(undefined)],
    ["of an id that is a number", envelope.withId(7)],
    ["of an empty id", envelope.withId("")],
  ];
}
