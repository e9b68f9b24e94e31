/** What was opened and must be closed, last opened first. */
export interface Closers {
  /**
   * Opens something and registers how it is closed. Where everything is closed in the meantime, closing waits until this is
   * open and then closes it. Resolves with what was opened; rejects once closing has begun.
   */
  open<T>(opening: () => Promise<T>, close: (opened: T) => Promise<unknown>): Promise<T>;
  /** Closes everything, also after one that can't be closed; rejects with an `AggregateError` then. */
  closeAll(): Promise<void>;
  /** Whether closing has begun: what goes wrong from then on is no news. */
  isClosing(): boolean;
}

export function createClosers(): Closers {
  const closers: (() => Promise<unknown>)[] = [];
  let closed: Promise<void> | null = null;
  const stayOpen = () => {
    if (closed !== null) throw new Error("everything is being closed");
  };
  return {
    open: async (opening, close) => {
      stayOpen();
      const opened = opening();
      // What could not be opened needs no closing.
      closers.push(() => opened.then(close, () => {}));
      const result = await opened;
      stayOpen();
      return result;
    },
    closeAll: () => {
      closed ??= closeEach(closers);
      return closed;
    },
    isClosing: () => closed !== null,
  };
}

async function closeEach(closers: (() => Promise<unknown>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (let close = closers.pop(); close !== undefined; close = closers.pop()) {
    await close().catch((error: unknown) => errors.push(error));
  }
  if (errors.length === 0) return;
  const words = errors.map((error) => (error instanceof Error ? error.message : "unknown error"));
  throw new AggregateError(errors, `Not everything could be closed in order: ${words.join("; ")}`);
}
