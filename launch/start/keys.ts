import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { Problem } from "../problem.ts";

const keys = z.object({
  secretsKey: z.base64().refine((text) => Buffer.from(text, "base64").length === 32),
  adminToken: z.string().min(16),
  /** Of the embedded services. */
  postgresPassword: z.string().min(16),
  redisPassword: z.string().min(16),
});

export type Keys = z.output<typeof keys>;

/**
 * The keys of a data folder, made on the first start and readable by their owner alone. Throws `Problem` where the file
 * can't be read any more, or is gone from beside the data: new keys would not open what the old ones sealed.
 * @param hasOwnPostgres whether the data in the folder are in use.
 */
export async function ownKeys(dataDir: string, hasOwnPostgres: boolean): Promise<Keys> {
  const file = join(dataDir, "keys.json");
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw new Problem(`${file} can't be read (${error.code}).`);
  });
  if (text !== null) return parse(text, file);
  if (hasOwnPostgres && existsSync(join(dataDir, "postgres", "cluster"))) {
    throw new Problem(`${file} is gone, and what is in Postgres can't be opened without it: put it back from a copy, or remove ${dataDir} to begin afresh.`);
  }
  const made = {
    secretsKey: randomBytes(32).toString("base64"),
    adminToken: randomBytes(24).toString("base64url"),
    postgresPassword: randomBytes(24).toString("base64url"),
    redisPassword: randomBytes(24).toString("base64url"),
  };
  await writeFile(`${file}.draft`, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.draft`, file);
  return made;
}

function parse(text: string, file: string): Keys {
  try {
    return keys.parse(JSON.parse(text));
  } catch {
    throw new Problem(`${file} is damaged. What is in Postgres can't be opened without it: put it back from a copy.`);
  }
}
