/** What was opened and must be closed, last opened first. */
export interface Closers {
  /**
   * Registers what is being opened, before it is: where everything is closed in the meantime, closing waits for it and then
   * closes it. Resolves with what was opened; rejects where it had to be closed again.
   */
  open<T>(opening: Promise<T>, close: (opened: T) => Promise<unknown>): Promise<T>;
  closeAll(): Promise<void>;
  /** Whether closing has begun: what goes wrong from then on is no news. */
  isClosing(): boolean;
}

export function createClosers(): Closers {
  const closers: (() => Promise<unknown>)[] = [];
  let closing = false;
  const closeAll = async () => {
    closing = true;
    for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close();
  };
  return {
    open: async (opening, close) => {
      closers.push(() => opening.then(close, () => {}));
      const opened = await opening;
      if (closing) {
        await closeAll();
        throw new Error("everything is being closed");
      }
      return opened;
    },
    closeAll,
    isClosing: () => closing,
  };
}
