import { setTimeout as pause } from "node:timers/promises";

/** The time between being asked to stop and not listening any more, in which a balancer takes the process out. */
export interface Drain {
  /** Fires when it begins: the process is not ready any more, and yet serves on. */
  readonly signal: AbortSignal;
  /** Milliseconds that it takes. */
  readonly ms: number;
  /** Begins it, and resolves when it is over. */
  begin(): Promise<void>;
}

export function createDrain(seconds: number): Drain {
  const controller = new AbortController();
  const ms = seconds * 1_000;
  return {
    signal: controller.signal,
    ms,
    begin: async () => {
      controller.abort();
      if (ms > 0) await pause(ms);
    },
  };
}
