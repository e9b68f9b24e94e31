import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Problem } from "../problem.ts";
import { readRunFile, type RunFile } from "../run-file.ts";
import { commandOf } from "../services/command-of.ts";

const PATIENCE_MS = 15_000;
/** A process that is killed is gone at once, unless it may not be killed or waits for a disk. */
const KILLED_MS = 5_000;

/**
 * Ends what a start that was killed left behind: apps first, as in any stop. Throws `Problem` where something of it can't be
 * ended. `root` is the checkout.
 */
export async function endLeftovers(root: string, dataDir: string): Promise<void> {
  const run = await readRunFile(dataDir);
  if (run === null) return;
  for (const [name, mark] of Object.entries(await marksOf(root, dataDir, run))) {
    const pid = run.processes[name];
    if (pid === undefined || mark === null) continue;
    const lives = () => commandOf(pid).includes(mark);
    if (lives()) signal(pid, name === "postgres" ? "SIGINT" : "SIGTERM");
    if (await ends(lives, PATIENCE_MS)) continue;
    signal(pid, "SIGKILL");
    if (!(await ends(lives, KILLED_MS))) throw new Problem(`${name} of an earlier start (process ${pid}) can't be ended: end it, then start again.`);
  }
}

/**
 * What stands in the command line of each and in nobody else's. After the machine was started anew a process number may be
 * that of the machine's own Postgres or Redis, which must be left alone.
 */
async function marksOf(root: string, dataDir: string, { redisUrl }: RunFile): Promise<Readonly<Record<string, string | null>>> {
  const app = (name: string) => join(root, "apps", name, "dist");
  const data = await realpath(join(dataDir, "postgres")).catch(() => null);
  return {
    console: app("console"),
    ingest: app("ingest"),
    worker: app("worker"),
    redis: URL.canParse(redisUrl) ? new URL(redisUrl).host : null,
    postgres: data && `-D ${join(data, "cluster")} `,
  };
}

async function ends(lives: () => boolean, patienceMs: number): Promise<boolean> {
  for (const deadline = performance.now() + patienceMs; lives(); await pause(50)) {
    if (performance.now() > deadline) return false;
  }
  return true;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended in between, or whoever may end it is told.
  }
}
