import { setImmediate as yieldToOthers } from "node:timers/promises";
import { z } from "zod";
import type { FuzzCase } from "./case.ts";
import { caseOf } from "./cases.ts";
import { exchange, type Exchanged } from "./exchange.ts";
import { judge } from "./judge.ts";
import type { World } from "./world.ts";

/** Something that is not as it should be. `number` is null where it is about no single case. */
export interface Finding {
  readonly number: number | null;
  readonly what: string;
  readonly problem: string;
}

/** What was sent and answered. */
export interface Tally {
  sent: number;
  /** How often which status was answered, by `ingest 401` and the like. */
  readonly answers: Map<string, number>;
  /** How often an event was answered `queued`, by provider and event id. */
  readonly queued: Map<string, number>;
  /** What became of those, and how often. */
  readonly outcomes: Map<string, number>;
  /** Tenants that were made on the way. */
  readonly tenants: Set<string>;
}

export const newTally = (): Tally => ({ sent: 0, answers: new Map(), queued: new Map(), outcomes: new Map(), tenants: new Set() });

const AT_ONCE = 24;

/** Sends the cases from `first` to `last`, and hands on what is wrong with their answers. */
export async function runCases(world: World, seed: number, first: number, last: number, tally: Tally, found: (finding: Finding) => void): Promise<void> {
  let next = first;
  const send = async () => {
    while (next <= last) {
      const number = next++;
      const { fuzzed, exchanged, problem } = await runCase(world, seed, number);
      if (problem !== null) found({ number, what: fuzzed.what, problem });
      const unaskedFor = count(tally, fuzzed, exchanged);
      if (unaskedFor !== null) found({ number, what: fuzzed.what, problem: unaskedFor });
      // Whole rounds of microtasks would leave the honest sender no turn.
      await yieldToOthers();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, send));
}

export async function runCase(world: World, seed: number, number: number): Promise<{ fuzzed: FuzzCase; exchanged: Exchanged; problem: string | null }> {
  const fuzzed = caseOf(world, seed, number);
  const exchanged = await exchange(world.system.run.urls[fuzzed.to], fuzzed);
  return { fuzzed, exchanged, problem: judge(fuzzed, exchanged, world.confidential) };
}

const made = z.object({ id: z.string(), token: z.string() });

/** Null, or why the answer should not have been one of success. */
function count(tally: Tally, { to, signedAs }: FuzzCase, exchanged: Exchanged): string | null {
  tally.sent++;
  const name = exchanged.kind === "answered" ? `${to} ${exchanged.answer.status}` : `${to} ${exchanged.kind}`;
  tally.answers.set(name, (tally.answers.get(name) ?? 0) + 1);
  if (exchanged.kind !== "answered") return null;
  const { status, body, headers } = exchanged.answer;
  const shown = /^\/tenants\/([^/]+)\/token\/new$/.exec(headers.get("location") ?? "")?.[1];
  if (shown !== undefined) tally.tenants.add(shown);
  if (status === 201) tally.tenants.add(made.safeParse(jsonOf(body)).data?.id ?? "");
  if (to !== "ingest" || body !== '{"status":"queued"}') return null;
  if (signedAs === null || signedAs.eventId === null) return "it was queued, and is no event that anybody signed";
  const key = `${signedAs.provider} ${signedAs.eventId}`;
  tally.queued.set(key, (tally.queued.get(key) ?? 0) + 1);
  return null;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
