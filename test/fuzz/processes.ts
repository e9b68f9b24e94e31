import { readdirSync, readFileSync } from "node:fs";
import type { SystemUnderTest } from "../chaos/system.ts";

const APPS = ["ingest", "worker", "console"] as const;
type App = (typeof APPS)[number];

/** The numbers of our processes by app, those that they started included. Without /proc: theirs alone. */
export type Processes = Readonly<Record<App, readonly number[]>>;

export async function processesOf(system: SystemUnderTest): Promise<Processes> {
  const of = async (app: App) => treeOf((await system.pidOf(app)) ?? 0);
  return { ingest: await of("ingest"), worker: await of("worker"), console: await of("console") };
}

/** The apps that are not the same processes any more. */
export function replacedApps(before: Processes, now: Processes): App[] {
  return APPS.filter((app) => before[app].join() !== now[app].join());
}

/** Resident bytes by app; null where there is no /proc. */
export type Memory = Readonly<Record<App, number | null>>;

export function memoryOf(processes: Processes): Memory {
  return { ingest: residentBytes(processes.ingest), worker: residentBytes(processes.worker), console: residentBytes(processes.console) };
}

/** Pools and caches fill up for a while; what grows with every request goes far beyond this. */
const GROWTH = { factor: 1.5, bytes: 200 * 1_048_576 };

export function grownApps(before: Memory, now: Memory): App[] {
  return APPS.filter((app) => (now[app] ?? 0) > (before[app] ?? Infinity) * GROWTH.factor + GROWTH.bytes);
}

function treeOf(pid: number): number[] {
  return [pid, ...allProcesses().filter((each) => field(each, "PPid") === pid)];
}

/** Of all its processes together. */
function residentBytes(pids: readonly number[]): number | null {
  const sizes = pids.map((pid) => field(pid, "VmRSS"));
  return sizes.includes(null) ? null : sizes.reduce((sum: number, size) => sum + (size ?? 0) * 1_024, 0);
}

/** How many files and sockets all of them have open together; null where there is no /proc. */
export function openFiles(processes: Processes): number | null {
  try {
    return APPS.flatMap((app) => processes[app]).reduce((sum, pid) => sum + readdirSync(`/proc/${pid}/fd`).length, 0);
  } catch {
    return null;
  }
}

function allProcesses(): number[] {
  try {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number);
  } catch {
    return [];
  }
}

function field(pid: number, name: string): number | null {
  try {
    const found = new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return found === undefined ? null : Number(found);
  } catch {
    return null;
  }
}
