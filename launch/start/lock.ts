import { appendFile, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { commandOf } from "../services/command-of.ts";
import { Problem } from "../problem.ts";

/** Each is lost only when a holder gives the lock back at that very moment. */
const ATTEMPTS = 10;

/**
 * Takes a data folder for this process, once; answers how to give it back. Throws `Problem` while another start has it. A
 * lock whose process is gone counts for nothing.
 *
 * The lock is a line: each start adds its process number to a file, and the first of those that live has the folder. The
 * system puts what is appended at once in one order, which all of them read. To remove the file of one that died and make
 * it anew would be two steps, between which another start could lose the lock that it has just taken. So only who has the
 * lock removes the file.
 */
export async function lockDataDir(dataDir: string): Promise<() => Promise<void>> {
  const file = join(dataDir, "start.lock");
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    await appendFile(file, `\n${process.pid}`);
    // "a+" makes it where it was just removed.
    const starts = (await readFile(file, { encoding: "utf8", flag: "a+" })).split("\n").map(Number);
    // An earlier line with this number is of a process that had it before.
    const own = starts.lastIndexOf(process.pid);
    // Removed together with the file, by the one who had the lock.
    if (own === -1) continue;
    const holder = starts.slice(0, own).find((pid) => pid > 0 && pid !== process.pid && isStart(commandOf(pid)));
    if (holder !== undefined) throw running(dataDir, holder);
    return () => rm(file, { force: true });
  }
  throw new Problem(`Other starts come and go on ${dataDir}. Stop them first, or give this one another DATA_DIR and other ports.`);
}

/** What starts the start has its name in the command line as well, and on a machine that boots the same way its numbers too. */
function isStart(command: string): boolean {
  return command.includes("launch/start.ts") && !command.includes("launch/bootstrap.mjs");
}

function running(dataDir: string, pid: number): Problem {
  return new Problem(
    `It is running already on ${dataDir} (process ${pid}). Stop that one first, or give this one another DATA_DIR and other ports.`,
  );
}
