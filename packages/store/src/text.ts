import { InvalidInput } from "./invalid-input.ts";

/** Postgres keeps every character but this one. */
const NUL = "\0";

/** Whether Postgres can hold, and so could have kept, a text. */
export function isStorable(text: string): boolean {
  return !text.includes(NUL);
}

/** A stranger's text in a form that Postgres takes, cut to `length` characters. */
export function storable(text: string, length: number): string {
  return text.slice(0, length).replaceAll(NUL, "\uFFFD");
}

/** What can't be understood is kept all the same: without the one character that Postgres' text can't hold. */
export function withoutNul(text: string | null): string | null {
  return text?.includes(NUL) ? text.replaceAll(NUL, "") : text;
}

/** What `text` must be and is not: 1 to `length` characters, none of them a control character or half of one. Null where it is. */
export function lineProblem(text: string, length: number): string | null {
  if (text.length === 0 || text.length > length) return `must have 1 to ${length} characters`;
  if (/\p{Cc}/u.test(text)) return "must not have control characters";
  // It would be kept as another character than the one that was answered.
  return text.isWellFormed() ? null : "must not have lone surrogates";
}

/** Throws `InvalidInput` where `text` has a `lineProblem`. */
export function checkLine(path: string, text: string, length: number): void {
  const problem = lineProblem(text, length);
  if (problem !== null) throw new InvalidInput(path, problem);
}
