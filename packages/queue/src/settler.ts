import { runAll, type RedisConnection } from "./connection.ts";
import { unmarkCommand, type Mark } from "./pending.ts";

export interface Settler {
  /** Removes a mark soon. Never waits, never fails: a mark that stays is found by the sweep. */
  settle(mark: Mark): void;
  /** Resolves when all marks so far are removed, or could not be. */
  idle(): Promise<void>;
}

/** Removes the marks of what is worked off of one queue: those that come while one batch is under way make up the next. */
export function createSettler(connection: RedisConnection, queueName: string): Settler {
  let waiting: Mark[] = [];
  let running: Promise<void> | null = null;

  async function drain(): Promise<void> {
    await new Promise(setImmediate);
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await runAll(connection, [unmarkCommand(queueName, batch)]).catch(() => undefined);
    }
    // In the same turn as the last look at what waits, or a mark could be left lying.
    running = null;
  }

  return {
    settle(mark) {
      waiting.push(mark);
      running ??= drain();
    },
    idle: async () => {
      if (running) await running;
    },
  };
}
