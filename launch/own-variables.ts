import * as exported from "@mara/runtime";
import { z } from "zod";

type Environment = Readonly<Record<string, string | undefined>>;

/** `NODE_ENV` is not the product's alone, but in production it wants keys that are taken out here. */
const OWN = new Set(["NODE_ENV", ...Object.entries(exported).flatMap(([name, value]) => (value instanceof z.ZodType ? [name] : []))]);

/**
 * An environment without what configures the product. What proves it starts systems of its own: they must never get at the
 * database, the Redis or the keys that whoever runs it has in their shell.
 */
export function withoutOwnVariables(env: Environment): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !OWN.has(name)));
}
