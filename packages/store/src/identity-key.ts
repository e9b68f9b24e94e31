/**
 * How an identity is named beside what came through it: `space:id`. The identity package makes such keys, and packages do not
 * import each other: a test of the worker, which imports both, fails where the two differ.
 */
export function joinIdentityKey({ space, externalId }: { readonly space: string; readonly externalId: string }): string {
  return `${space}:${externalId}`;
}

/** An id may have colons of its own; a space has none. */
export function splitIdentityKey(key: string): { space: string; externalId: string } {
  const at = key.indexOf(":");
  return { space: key.slice(0, at), externalId: key.slice(at + 1) };
}
