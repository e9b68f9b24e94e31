import { brotliCompressSync, gzipSync } from "node:zlib";
import type { Random } from "../support/random.ts";
import { MARK } from "./case.ts";
import { oddJson } from "./odd-json.ts";

/** The body that `body` became, and in a few words how. */
export interface OddBody {
  readonly what: string;
  readonly body: Buffer;
}

/** Larger than any webhook may be, and than any setting. */
const OVERSIZED = 1_048_577;

/** Spoils a body. Mostly what comes out is no JSON any more. */
export function oddBytes(random: Random, body: Buffer): OddBody {
  const at = random.whole(0, Math.max(0, body.length - 1));
  const made = (what: string, ...parts: readonly (Buffer | string)[]): OddBody => ({
    what,
    body: Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part))),
  });
  return random.pick<() => OddBody>([
    () => made("cut short", body.subarray(0, at)),
    () => made("with flipped bits", flipped(random, body)),
    () => made("not UTF-8", body.subarray(0, at), Buffer.from([0xff, 0xfe, 0xc0, 0x80]), body.subarray(at)),
    () => made("with half a surrogate in UTF-8", body.subarray(0, at), Buffer.from([0xed, 0xa0, 0x80]), body.subarray(at)),
    () => made("with a byte order mark", "\ufeff", body),
    () => made("in UTF-16", Buffer.from(`\ufeff${body.toString()}`, "utf16le")),
    () => made("with NULs", body.subarray(0, at), Buffer.alloc(random.whole(1, 20)), body.subarray(at)),
    () => made("empty"),
    () => made("twice", body, body),
    () => made("of another shape", oddJson(random)),
    () => made("no JSON", MARK),
    () => made("a form", `a=${MARK}&b=%00&c[__proto__]=1`),
    () => made("compressed", gzipSync(body)),
    () => made("compressed otherwise", brotliCompressSync(body.subarray(0, 2_000))),
    () => (random.next() < 0.15 ? made("oversized", Buffer.alloc(OVERSIZED, "x")) : made("large", `"${MARK}${"x".repeat(70_000)}"`)),
    () => made("random bytes", Buffer.from(Array.from({ length: random.whole(1, 300) }, () => random.whole(0, 255)))),
  ])();
}

function flipped(random: Random, body: Buffer): Buffer {
  const bytes = Buffer.from(body);
  if (bytes.length === 0) return bytes;
  for (let left = random.whole(1, 8); left > 0; left--) {
    const at = random.whole(0, bytes.length - 1);
    bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << random.whole(0, 7)), at);
  }
  return bytes;
}
