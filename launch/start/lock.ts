import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { commandOf } from "../services/command-of.ts";
import { Problem } from "../problem.ts";

/**
 * Takes a data folder for this process; answers how to give it back. Throws `Problem` while another start has it. A
 * lock whose process is gone counts for nothing.
 */
export async function lockDataDir(dataDir: string): Promise<() => Promise<void>> {
  const file = join(dataDir, "start.lock");
  const holder = Number(await readFile(file, "utf8").catch(() => ""));
  if (holder > 0 && holder !== process.pid && commandOf(holder).includes("launch/start.ts")) throw running(dataDir, holder);
  await rm(file, { force: true });
  try {
    await writeFile(file, String(process.pid), { flag: "wx" });
  } catch (cause) {
    throw new Problem(`Another start has just begun on ${dataDir}.`, { cause });
  }
  return () => rm(file, { force: true });
}

function running(dataDir: string, pid: number): Problem {
  return new Problem(
    `It is running already on ${dataDir} (process ${pid}). Stop that one first, or give this one another DATA_DIR and other ports.`,
  );
}
