import { types } from "node:util";

/** Postgres' classes of errors that follow from what is written: values it can't hold, rules of the schema. */
const REFUSALS = new Set(["22", "23"]);

/** What kind of error it is. Says nothing of any row, as Postgres' own messages do. */
export function codeOf(error: unknown): string {
  if (types.isNativeError(error) && "code" in error && typeof error.code === "string") return error.code;
  return types.isNativeError(error) ? error.name : "unknown";
}

/** Whether Postgres refuses the values themselves, so that trying again is no use. */
export function isRefusal(error: unknown): boolean {
  const code = codeOf(error);
  return /^[0-9A-Z]{5}$/.test(code) && REFUSALS.has(code.slice(0, 2));
}

/** An error for the log: what and where, without its message, which may quote a payload. */
export function traitsOf(error: unknown): { code: string; at?: string[] } {
  const frames = types.isNativeError(error) ? (error.stack ?? "").split("\n").filter((line) => line.startsWith("    at ")) : [];
  return { code: codeOf(error), ...(frames.length > 0 && { at: frames.slice(0, 8).map((line) => line.trim()) }) };
}
