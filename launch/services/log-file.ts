import { open, readFile, rename, stat, type FileHandle } from "node:fs/promises";

const MOST_BYTES = 10 * 1024 * 1024;

/** Opens a log to add to. One that has grown large is kept once more, as `<path>.1`. */
export async function openLog(path: string): Promise<FileHandle> {
  const size = await stat(path).then((found) => found.size, () => 0);
  if (size > MOST_BYTES) await rename(path, `${path}.1`);
  return open(path, "a", 0o600);
}

/** The last lines of a log, for an error message. */
export async function lastLines(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text.trimEnd().split("\n").slice(-10).join("\n");
}
