import { types } from "node:util";

/** What kind of error it is. Says nothing of what it was about, as the messages of Postgres and Redis do. */
export function codeOf(error: unknown): string {
  // Redis' own begin with their kind: that it refused a password (WRONGPASS) must not read like that it is loading (LOADING).
  if (types.isNativeError(error) && error.name === "ReplyError") return /^[A-Z]{2,}(?= )/.exec(error.message)?.[0] ?? error.name;
  if (types.isNativeError(error) && "code" in error && typeof error.code === "string") return error.code;
  return types.isNativeError(error) ? error.name : "unknown";
}

interface Traits {
  readonly code: string;
  readonly at?: readonly string[];
  readonly cause?: Traits;
}

/** An error for the log: what and where, and what caused it, without its message, which may quote a payload. */
export function traitsOf(error: unknown): Traits {
  const cause = types.isNativeError(error) ? error.cause : undefined;
  const frames = types.isNativeError(error) ? (error.stack ?? "").split("\n").filter((line) => line.startsWith("    at ")) : [];
  return {
    code: codeOf(error),
    ...(frames.length > 0 && { at: frames.slice(0, 8).map((line) => line.trim()) }),
    ...(cause !== undefined && { cause: traitsOf(cause) }),
  };
}
