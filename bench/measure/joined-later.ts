/**
 * A promise that is awaited only after other work. Where it fails before that, its error waits to be told then: with nobody
 * looking it would end the process at once, past every `finally`, and leave behind all that was started.
 */
export function joinedLater<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
