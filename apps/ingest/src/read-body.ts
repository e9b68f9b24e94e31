import type { IncomingMessage, ServerResponse } from "node:http";

/** The raw bytes of a body, or why there are none. `gone`: the sender went away before its end. */
export type Body =
  | { readonly kind: "read"; readonly bytes: Buffer }
  | { readonly kind: "too_large" }
  | { readonly kind: "too_much" }
  | { readonly kind: "gone" };

export interface BodyLimits {
  /** The largest body. */
  readonly bytes: number;
  /** All bodies together that are in hand at once: from their first byte to the end of their answer. */
  readonly bytesTogether: number;
}

/** @param response the answer to come: the body counts until it is closed, which `listen` sees to. */
export type BodyReader = (request: IncomingMessage, response: ServerResponse) => Promise<Body>;

/**
 * Reads bodies as they came: the signature is over those bytes, so a compressed one is not unpacked. Stops reading at the
 * limit, and when all senders together take up too much: neither slow ones must fill the memory, nor those that wait for a
 * slow Postgres or Redis.
 */
export function createBodyReader(limits: BodyLimits): BodyReader {
  let together = 0;

  return (request, response) =>
    new Promise((resolve) => {
      if (Number(request.headers["content-length"]) > limits.bytes) {
        resolve({ kind: "too_large" });
        return;
      }
      const chunks: Buffer[] = [];
      let length = 0;
      let finished = false;

      const finish = (body: Body) => {
        if (finished) return;
        finished = true;
        resolve(body);
        // The request may be kept for longer than the bytes count.
        chunks.length = 0;
      };
      request.on("data", (chunk: Buffer) => {
        if (finished) return;
        length += chunk.length;
        together += chunk.length;
        if (length > limits.bytes) finish({ kind: "too_large" });
        else if (together > limits.bytesTogether) finish({ kind: "too_much" });
        else chunks.push(chunk);
      });
      request.on("end", () => finish({ kind: "read", bytes: whole(chunks) }));
      request.on("error", () => finish({ kind: "gone" }));
      // Answered, or the sender went away, also while there was nothing to read.
      response.on("close", () => {
        finish({ kind: "gone" });
        together -= length;
      });
    });
}

function whole(chunks: readonly Buffer[]): Buffer {
  const [first] = chunks;
  return first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks);
}
