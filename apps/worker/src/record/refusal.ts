import { codeOf } from "@mara/runtime";

/** Postgres' classes of errors that follow from what is written: values it can't hold, rules of the schema. */
const REFUSALS = new Set(["22", "23"]);

/** Whether Postgres refuses the values themselves, so that trying again is no use. */
export function isRefusal(error: unknown): boolean {
  const code = codeOf(error);
  return /^[0-9A-Z]{5}$/.test(code) && REFUSALS.has(code.slice(0, 2));
}
