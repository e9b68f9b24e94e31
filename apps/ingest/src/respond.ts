import type { IncomingMessage, ServerResponse } from "node:http";
import type { Outcome } from "./outcome.ts";

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Outcome to status: the contract of the endpoint. The body follows from the outcome itself. */
const ANSWERS: { readonly [Kind in Outcome["kind"]]: Answer } = {
  queued: { status: 200 },
  duplicate: { status: 200 },
  ignored: { status: 200 },
  malformed_payload: { status: 400 },
  invalid_signature: { status: 401 },
  unknown_provider: { status: 404 },
  unknown_tenant: { status: 404 },
  method_not_allowed: { status: 405, headers: { allow: "POST" } },
  no_signing_secret: { status: 412 },
  payload_too_large: { status: 413, headers: { connection: "close" } },
  unavailable: { status: 503, headers: { "retry-after": "5" } },
};

/** How long a sender that was refused may go on sending, so that it gets to read why. */
const LINGER_MS = 1_000;

/** Answers `{"status": kind}` or `{"error": kind}`, with the reason where the outcome has one. */
export function respond(request: IncomingMessage, response: ServerResponse, requestId: string, outcome: Outcome): void {
  const { status, headers } = ANSWERS[outcome.kind];
  const reason = "reason" in outcome ? { reason: outcome.reason } : {};
  const body = JSON.stringify(status === 200 ? { status: outcome.kind, ...reason } : { error: outcome.kind, ...reason });
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(body),
    "x-request-id": requestId,
    ...headers,
  });
  if (outcome.kind === "payload_too_large") endAfterLingering(request, response, body);
  else response.end(body);
}

/**
 * The answer is out at once, but ending it closes the connection; and closing it on a sender that still sends would reset
 * it before the sender has read a word. So what still comes is thrown away for a moment.
 */
function endAfterLingering(request: IncomingMessage, response: ServerResponse, body: string): void {
  response.write(body);
  const end = () => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, LINGER_MS);
  request.once("end", end).once("close", end).once("error", end).resume();
}
