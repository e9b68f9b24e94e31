import type { IncomingMessage } from "node:http";

/** The raw bytes of a body, or why there are none. `gone`: the sender went away before its end. */
export type Body =
  | { readonly kind: "read"; readonly bytes: Buffer }
  | { readonly kind: "too_large" }
  | { readonly kind: "too_much" }
  | { readonly kind: "gone" };

export interface BodyLimits {
  /** The largest body. */
  readonly bytes: number;
  /** All bodies together that are being read at once. */
  readonly bytesTogether: number;
}

export type BodyReader = (request: IncomingMessage) => Promise<Body>;

/**
 * Reads bodies as they came: the signature is over those bytes, so a compressed one is not unpacked. Stops reading at the
 * limit, and when all senders together take up too much: slow ones must not fill the memory.
 */
export function createBodyReader(limits: BodyLimits): BodyReader {
  let together = 0;

  return (request) =>
    new Promise((resolve) => {
      if (Number(request.headers["content-length"]) > limits.bytes) {
        resolve({ kind: "too_large" });
        return;
      }
      const chunks: Buffer[] = [];
      let length = 0;

      const finish = (body: Body) => {
        request.off("data", take).off("end", end).off("error", gone).off("close", gone);
        together -= length;
        length = 0;
        resolve(body);
      };
      const take = (chunk: Buffer) => {
        length += chunk.length;
        together += chunk.length;
        if (length > limits.bytes) finish({ kind: "too_large" });
        else if (together > limits.bytesTogether) finish({ kind: "too_much" });
        else chunks.push(chunk);
      };
      const end = () => finish({ kind: "read", bytes: chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks) });
      const gone = () => finish({ kind: "gone" });
      request.on("data", take).on("end", end).on("error", gone).on("close", gone);
    });
}
