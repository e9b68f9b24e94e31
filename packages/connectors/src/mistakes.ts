/** What people paste instead of a secret, and what is said of it: the first that fits. */
export type Mistakes = readonly (readonly [pattern: RegExp, said: string])[];

/** What is said of `pasted`; null where it is none of the mistakes. */
export function mistakeIn(mistakes: Mistakes, pasted: string): string | null {
  return mistakes.find(([pattern]) => pattern.test(pasted))?.[1] ?? null;
}
