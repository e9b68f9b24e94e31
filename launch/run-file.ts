import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { Problem } from "./problem.ts";

const url = z.string();

const runFile = z.object({
  /** Where each can be reached from this machine, without a slash at the end. */
  urls: z.object({ ingest: url, console: url, worker: url }),
  /** Base of the webhook URLs shown to people. */
  publicUrl: url,
  databaseUrl: url,
  redisUrl: url,
  secretsKey: z.string(),
  adminToken: z.string(),
  /** Process number of each one that `npm start` runs, by name: ingest, worker, console, and postgres and redis where they are its own. */
  processes: z.record(z.string(), z.number().int().positive()),
});

/** How to reach a system that `npm start` runs. It has secrets in it: only its owner may read it. */
export type RunFile = z.output<typeof runFile>;

const pathIn = (dataDir: string) => join(dataDir, "run.json");

/** Null where there is none, or it is not whole. Throws `Problem` where there is one that this account may not read. */
export async function readRunFile(dataDir: string): Promise<RunFile | null> {
  const path = pathIn(dataDir);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return null;
    throw new Problem(`${path} can't be read (${error.code}). It tells how to reach what npm start runs, to the account that started it alone.`);
  });
  if (text === null) return null;
  try {
    return runFile.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** The run file of a system that is starting: written at every change, one after the other, and whole at any moment. */
export interface OpenRunFile {
  now(): RunFile;
  /**
   * Changes what is given; of the processes, those that are named. Rejects where it can't be written: the change stands all
   * the same, and is written with the next one.
   */
  update(change: Partial<RunFile>): Promise<void>;
  remove(): Promise<void>;
}

export async function createRunFile(dataDir: string, start: Omit<RunFile, "processes">): Promise<OpenRunFile> {
  const path = pathIn(dataDir);
  let run: RunFile = { ...start, processes: {} };
  let writing = Promise.resolve();
  const write = () => {
    // What could not be written before, as on a full disk, is in this write as well.
    writing = writing.catch(() => {}).then(async () => {
      await writeFile(`${path}.draft`, `${JSON.stringify(run, null, 2)}\n`, { mode: 0o600 });
      await rename(`${path}.draft`, path);
    });
    return writing;
  };
  await write();
  return {
    now: () => run,
    update: (change) => {
      run = { ...run, ...change, processes: { ...run.processes, ...change.processes } };
      return write();
    },
    remove: async () => {
      await writing.catch(() => {});
      await rm(path, { force: true });
    },
  };
}
