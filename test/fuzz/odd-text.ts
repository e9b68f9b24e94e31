import type { Random } from "../support/random.ts";
import { MARK, MARKUP } from "./case.ts";

/** Text that somebody forgot to think of. None of it is of use as a name of anything that exists. */
export function oddText(random: Random): string {
  return random.pick<() => string>([
    () => "",
    () => " ",
    () => MARK,
    () => `${MARKUP}&"'`,
    () => `${MARK}\u0000end`,
    () => `${MARK}\ud800`,
    () => `\u202e${MARK}\u0007`,
    () => `${MARK}'); DROP TABLE events; --`,
    () => `${MARK}%s%n\${x}{{x}}`,
    () => "x".repeat(random.pick([254, 255, 256, 257, 1_000])),
    () => "é".repeat(random.pick([127, 128, 255, 256])),
    () => "🚀".repeat(random.whole(1, 200)),
    () => "\ufeff{}",
    () => `${MARK}\r\nset-cookie: a=b`,
    () => random.pick(["null", "undefined", "NaN", "[object Object]", "true", "0", "-1", "1e999", "0x10"]),
    () => random.pick(["__proto__", "constructor", "toString", "hasOwnProperty", "prototype", "then"]),
    () => random.pick(["0000-00-00T00:00:00Z", "2026-02-30T00:00:00Z", "+275760-09-13T00:00:00.001Z", "-271821-04-20T00:00:00Z", "9999-12-31T23:59:60Z"]),
    () => random.pick(["a@b", "@", `${MARK}@`, `${"a".repeat(300)}@example.com`, "a@b@c.example", "É@exämple.com"]),
    () => String.fromCodePoint(...Array.from({ length: random.whole(1, 40) }, () => random.whole(0, 0xfff))),
  ])();
}

/** Text as it can stand in a header: bytes in Latin-1, without line ends and NUL. */
export function oddHeaderValue(random: Random): string {
  return random.pick<() => string>([
    () => "",
    () => "x".repeat(random.pick([255, 4_096, 15_000])),
    () => "\u00ff\u00fe\u0080",
    () => ", , ;=,=\"",
    () => "\t \t",
    () => MARK,
    () => "v1,".repeat(random.whole(1, 1_000)),
    () => String(random.whole(-1_000_000, 1_000_000)),
    () => String.fromCharCode(...Array.from({ length: random.whole(1, 60) }, () => random.whole(0x20, 0x7e))),
  ])();
}

/** A part of a path that names nothing, in whatever way it is written. */
export function oddSegment(random: Random): string {
  return random.pick<() => string>([
    () => encodeURIComponent(oddText(random).toWellFormed()).slice(0, 3_000),
    () => random.pick(["%00", "%", "%zz", "%ff", "%c0%ae", "%2e%2e", "..", ".", "%2f", "%252e", "a%0d%0ab", "*", "'", ";x=y", "~", "-", "_"]),
    () => random.pick(["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"]),
    () => random.pick(["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "018f0000-0000-7000-8000-00000000000g", "1", "-1", "1e3"]),
    () => "a".repeat(random.pick([62, 63, 64, 255, 256, 5_000])),
    () => `nobody-${random.whole(0, 999)}`,
  ])();
}
