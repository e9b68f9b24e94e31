import type { IncomingMessage, ServerResponse } from "node:http";
import type { Answerable } from "./outcome.ts";

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Outcome to status: the contract of the endpoint. */
const ANSWERS: { readonly [Kind in Answerable["kind"]]: Answer } = {
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

/** Answers what the contract says of the outcome, with the request's id. */
export function respond(request: IncomingMessage, response: ServerResponse, requestId: string, outcome: Answerable): void {
  const { status, headers } = ANSWERS[outcome.kind];
  const body = JSON.stringify(bodyOf(outcome));
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(body),
    "x-request-id": requestId,
    ...headers,
  });
  if (outcome.kind === "payload_too_large") endAfterLingering(request, response, body);
  else response.end(body);
}

/** What the sender gets to read. Why a delivery is unavailable is for operators alone. */
function bodyOf(outcome: Answerable): Readonly<Record<string, string>> {
  switch (outcome.kind) {
    case "queued":
    case "duplicate":
      return { status: outcome.kind };
    case "ignored":
      return { status: outcome.kind, reason: outcome.reason };
    case "invalid_signature":
      return { error: outcome.kind, reason: outcome.reason };
    default:
      return { error: outcome.kind };
  }
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
