import { createHash } from "node:crypto";

const KEY_BYTES = 32;
/** As many bytes of a key's hash as name it beside what it sealed. */
export const KEY_ID_BYTES = 8;

interface Key {
  readonly id: Buffer;
  readonly bytes: Buffer;
}

/** The keys that seal secrets in Postgres: the first seals, all open. */
export interface Keyring {
  readonly current: Key;
  /** The key of this id; undefined where the ring lacks it. */
  find(id: Uint8Array): Key | undefined;
}

/**
 * Reads keys of 32 bytes in base64, separated by commas (`SECRETS_KEY`). To rotate: put the new key behind the old one and
 * restart every process, so that all can open what it will seal; only then put it first, and restart again. When
 * `resealSecrets` finds nothing more, take the old key out.
 * Throws where there is none, or one is not 32 bytes.
 */
export function readKeyring(text: string): Keyring {
  const keys = text.split(",").map((part): Key => {
    const bytes = Buffer.from(part.trim(), "base64");
    if (bytes.length !== KEY_BYTES) throw new Error(`each key must be ${KEY_BYTES} bytes in base64`);
    return { id: createHash("sha256").update(bytes).digest().subarray(0, KEY_ID_BYTES), bytes };
  });
  const [current] = keys;
  if (!current) throw new Error("there must be a key");
  return { current, find: (id) => keys.find((key) => key.id.equals(id)) };
}
