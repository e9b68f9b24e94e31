/** What was opened and must be closed, last opened first. */
export interface Closers {
  /** Registers one. Where closing has begun already it is closed at once, and this rejects with `Closing`. */
  add(close: () => Promise<unknown>): Promise<void>;
  closeAll(): Promise<void>;
}

/** Thrown into what still opens things while everything is being closed. */
export class Closing extends Error {}

export function createClosers(): Closers {
  const open: (() => Promise<unknown>)[] = [];
  let closing = false;
  return {
    add: async (close) => {
      open.push(close);
      if (!closing) return;
      await closeEach(open);
      throw new Closing();
    },
    closeAll: () => {
      closing = true;
      return closeEach(open);
    },
  };
}

async function closeEach(open: (() => Promise<unknown>)[]): Promise<void> {
  for (let close = open.pop(); close !== undefined; close = open.pop()) await close();
}
