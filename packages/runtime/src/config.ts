import { z } from "zod";

export type Environment = Readonly<Record<string, string | undefined>>;

export type Config<Shape extends z.ZodRawShape> = z.output<z.ZodObject<Shape>>;

/** A variable is missing or malformed. The message is one line that names it and never repeats its value. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ConfigError";
  }
}

/**
 * Reads the variables named by `shape`, for example `{ DATABASE_URL, INGEST_PORT }`, with the pieces of `variables.ts`.
 * A variable that is set to nothing counts as unset: that is what an empty line in an env file means.
 * Throws `ConfigError` for the first one that is missing or malformed.
 */
export function parseConfig<Shape extends z.ZodRawShape>(shape: Shape, env: Environment): Config<Shape> {
  const given = Object.fromEntries(Object.keys(shape).map((name) => [name, env[name] === "" ? undefined : env[name]]));
  const result = z.object(shape).safeParse(given);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const name = String(issue?.path[0]);
  const problem = given[name] === undefined ? "is required" : (issue?.message ?? "is malformed");
  throw new ConfigError(`${name} ${problem}`);
}

/** `parseConfig` for the top of a program: a mistake ends the process with status 1 and its one line on stderr. */
export function readConfig<Shape extends z.ZodRawShape>(shape: Shape, env: Environment): Config<Shape> {
  try {
    return parseConfig(shape, env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
