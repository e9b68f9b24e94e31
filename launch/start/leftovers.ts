import { setTimeout as pause } from "node:timers/promises";
import { readRunFile } from "../run-file.ts";
import { commandOf } from "../services/command-of.ts";

/** What stands in the command line of each, so that a process number that was given to another is left alone. */
const MARKS: Readonly<Record<string, readonly string[]>> = {
  console: ["apps/console/"],
  ingest: ["apps/ingest/"],
  worker: ["apps/worker/"],
  redis: ["redis-server", "valkey-server"],
  postgres: ["postgres"],
};

const PATIENCE_MS = 15_000;

/** Ends what a start that was killed left behind: apps first, as in any stop. */
export async function endLeftovers(dataDir: string): Promise<void> {
  const processes = (await readRunFile(dataDir))?.processes ?? {};
  for (const [name, marks] of Object.entries(MARKS)) {
    const pid = processes[name];
    if (pid === undefined) continue;
    const lives = () => marks.some((mark) => commandOf(pid).includes(mark));
    const deadline = Date.now() + PATIENCE_MS;
    if (lives()) signal(pid, name === "postgres" ? "SIGINT" : "SIGTERM");
    while (lives()) {
      if (Date.now() > deadline) signal(pid, "SIGKILL");
      await pause(50);
    }
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended in between.
  }
}
