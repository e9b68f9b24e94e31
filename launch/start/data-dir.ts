import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "../problem.ts";

/** The keys and the run file have room in it. */
const LEAST_BYTES = 65_536;

/** Makes the data folder where it is missing. Throws `Problem` where there can be none, or nothing can be written to it. */
export async function openDataDir(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o755 });
    // Rights alone do not tell: a file system may be read-only, or full, and a full one may still have room for an empty folder.
    await tryToWrite(await mkdtemp(join(dataDir, ".writable-")));
  } catch (cause) {
    throw new Problem(`DATA_DIR: ${dataDir} ${wordsFor(cause)}. Set DATA_DIR to a folder that this account may write to.`, { cause });
  }
}

async function tryToWrite(dir: string): Promise<void> {
  try {
    await writeFile(join(dir, "tried"), Buffer.alloc(LEAST_BYTES));
  } finally {
    await rm(dir, { recursive: true });
  }
}

function wordsFor(cause: unknown): string {
  const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : "unknown error";
  return code === "EEXIST" || code === "ENOTDIR" ? "is a file, or lies below one" : `can't be written to (${code})`;
}
