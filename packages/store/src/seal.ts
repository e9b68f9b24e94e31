import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { KEY_ID_BYTES, type Keyring } from "./keyring.ts";

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + KEY_ID_BYTES + NONCE_BYTES + TAG_BYTES;

/** Where a sealed text belongs. It opens nowhere else. */
export interface Place {
  readonly tenantId: string;
  readonly provider: string;
  readonly purpose: "signing secret" | "api key";
}

/** A sealed text can't be opened: no key of the ring sealed it, or it is not what was written, or not where it was written. */
export class CannotOpen extends Error {
  readonly problem: "unknown key" | "damaged";
  /** Where what can't be opened is. */
  readonly places: readonly Place[];

  constructor(problem: "unknown key" | "damaged", places: readonly Place[]) {
    super(problem === "unknown key" ? "no key of SECRETS_KEY sealed this secret" : "the sealed secret is damaged or misplaced");
    this.name = "CannotOpen";
    this.problem = problem;
    this.places = places;
  }
}

/** Encrypts a text with AES-256-GCM: version, key id, nonce, tag and ciphertext, one after the other. */
export function seal(keyring: Keyring, place: Place, text: string): Uint8Array<ArrayBuffer> {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", keyring.current.bytes, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(bindingOf(place));
  const ciphertext = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return new Uint8Array(Buffer.concat([Buffer.of(VERSION), keyring.current.id, nonce, cipher.getAuthTag(), ciphertext]));
}

/** Decrypts what `seal` made for this very place. Throws `CannotOpen`. */
export function open(keyring: Keyring, place: Place, sealed: Uint8Array): string {
  if (sealed.length < HEAD_BYTES || sealed[0] !== VERSION) throw new CannotOpen("damaged", [place]);
  const key = keyring.find(keyIdOf(sealed));
  if (!key) throw new CannotOpen("unknown key", [place]);
  const nonceAt = 1 + KEY_ID_BYTES;
  const tagAt = nonceAt + NONCE_BYTES;
  const decipher = createDecipheriv("aes-256-gcm", key.bytes, sealed.subarray(nonceAt, tagAt), { authTagLength: TAG_BYTES });
  decipher.setAAD(bindingOf(place));
  decipher.setAuthTag(sealed.subarray(tagAt, HEAD_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(HEAD_BYTES)), decipher.final()]).toString("utf8");
  } catch {
    throw new CannotOpen("damaged", [place]);
  }
}

/** The same; null where it can't be opened, which `onSealed` hears of. */
export function openOrNull(keyring: Keyring, place: Place, sealed: Uint8Array, onSealed?: (error: CannotOpen) => void): string | null {
  try {
    return open(keyring, place, sealed);
  } catch (error) {
    if (!(error instanceof CannotOpen)) throw error;
    onSealed?.(error);
    return null;
  }
}

/** The id of the key that sealed a text. */
function keyIdOf(sealed: Uint8Array): Uint8Array {
  return sealed.subarray(1, 1 + KEY_ID_BYTES);
}

function bindingOf(place: Place): Buffer {
  return Buffer.from(JSON.stringify([place.tenantId, place.provider, place.purpose]), "utf8");
}
