import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { Random } from "../support/random.ts";
import { PARTS, type Part, type SystemUnderTest } from "./system.ts";

/** Something that happens to some parts of the system at once. */
export interface Trouble {
  /** Milliseconds from the beginning. */
  readonly at: number;
  readonly parts: readonly Part[];
  /** Null: they are killed. Else they are stopped for so many milliseconds, as in a machine that hangs. */
  readonly pauseMs: number | null;
}

/** For each kill, how many pauses. */
const PAUSES_A_KILL = 0.4;
/** The lock on a job lasts 15 s: the longest pause is long enough for another worker to take it. */
const PAUSES_MS = [300, 1_000, 3_000, 18_000] as const;

/** Spread over the time, the first and the last tenth aside. Each part meets its fate at least once where there are enough. */
export function planTroubles(random: Random, { kills, durationMs }: { readonly kills: number; readonly durationMs: number }): Trouble[] {
  const when = () => Math.round(durationMs * (0.1 + random.next() * 0.8));
  const longestPauseMs = Math.max(PAUSES_MS[0], durationMs / 5);
  const pauseMs = () => Math.min(longestPauseMs, random.pick(PAUSES_MS));
  const first = random.shuffled(PARTS);
  const killed = Array.from({ length: kills }, (_, i) => ({ at: when(), parts: partsFor(random, first[i]), pauseMs: null }));
  const paused = Array.from({ length: Math.round(kills * PAUSES_A_KILL) }, () => ({ at: when(), parts: partsFor(random), pauseMs: pauseMs() }));
  return [...killed, ...paused].sort((a, b) => a.at - b.at);
}

/** Mostly one, at times several, now and then all. */
function partsFor(random: Random, wanted: Part = random.pick(PARTS)): Part[] {
  const luck = random.next();
  const others = random.shuffled(PARTS.filter((part) => part !== wanted));
  return [wanted, ...others.slice(0, luck < 0.65 ? 0 : luck < 0.9 ? 1 : luck < 0.95 ? 2 : 4)];
}

/** What was done to whom. */
export interface Done {
  /** How often each was killed; who is missing never was. */
  readonly kills: Map<Part, number>;
  pauses: number;
}

/** The parts that were never killed. */
export function sparedBy({ kills }: Pick<Done, "kills">): Part[] {
  return PARTS.filter((part) => !kills.has(part));
}

/** How long a part that is just being started is waited for where it has never been killed before. */
const COMING_MS = 30_000;
const LOOK_MS = 50;

/** Makes the troubles happen at their times. Resolves when the last one is over. */
export async function makeTrouble(system: Pick<SystemUnderTest, "pidOf">, troubles: readonly Trouble[], say: (line: string) => void): Promise<Done> {
  const done: Done = { kills: new Map(), pauses: 0 };
  const beginning = Date.now();
  const pauses: Promise<void>[] = [];
  for (const { at, parts, pauseMs } of troubles) {
    await pause(Math.max(0, beginning + at - Date.now()));
    for (const part of parts) {
      if (pauseMs === null) {
        await kill(system, part, done);
        continue;
      }
      const pid = await system.pidOf(part);
      if (pid !== null) pauses.push(stopFor(pid, pauseMs, done));
    }
    say(`${seconds(at)}  ${pauseMs === null ? "kill" : `stop for ${seconds(pauseMs)}`} ${parts.join(", ")}`);
  }
  await Promise.all(pauses);
  return done;
}

/** One that is just being started is left alone, unless this may be the only time that its turn comes. */
async function kill(system: Pick<SystemUnderTest, "pidOf">, part: Part, done: Done): Promise<void> {
  const deadline = Date.now() + (done.kills.has(part) ? 0 : COMING_MS);
  for (;;) {
    const pid = await system.pidOf(part);
    if (pid !== null && signal(pid, "SIGKILL") === 1) {
      done.kills.set(part, (done.kills.get(part) ?? 0) + 1);
      return;
    }
    if (Date.now() >= deadline) return;
    await pause(LOOK_MS);
  }
}

/** The process and all that it has started: Postgres is many. */
async function stopFor(pid: number, pauseMs: number, done: Done): Promise<void> {
  const pids = [pid, ...childrenOf(pid)];
  done.pauses += signal(pid, "SIGSTOP");
  for (const child of pids.slice(1)) signal(child, "SIGSTOP");
  await pause(pauseMs);
  for (const each of pids) signal(each, "SIGCONT");
}

/** Sends a signal; answers 1 where there was somebody to get it, else 0. */
function signal(pid: number, name: NodeJS.Signals): number {
  try {
    process.kill(pid, name);
    return 1;
  } catch {
    return 0;
  }
}

/** Only where there is /proc: elsewhere the first process alone is stopped, which takes no new connections then. */
function childrenOf(pid: number): number[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((each) => parentOf(each) === pid);
  } catch {
    return [];
  }
}

function parentOf(pid: number): number | null {
  try {
    return Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  } catch {
    return null;
  }
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
