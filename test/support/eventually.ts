import { setTimeout as pause } from "node:timers/promises";

const PATIENCE_MS = 20_000;

/** Resolves to the first value of `look` that satisfies `wanted`; throws with the last one when that takes longer than `patienceMs`, in milliseconds. */
export async function eventually<T>(look: () => T | Promise<T>, wanted: (value: T) => boolean, patienceMs = PATIENCE_MS): Promise<T> {
  const until = Date.now() + patienceMs;
  for (;;) {
    const value = await look();
    if (wanted(value)) return value;
    if (Date.now() > until) throw new Error(`it did not come about; last seen: ${JSON.stringify(value)}`);
    await pause(20);
  }
}
