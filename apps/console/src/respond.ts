import { QueueUnavailable } from "@mara/queue";
import type { Logger } from "@mara/runtime";
import { InvalidInput, isPassing, type InputIssue } from "@mara/store";
import type { ErrorRequestHandler } from "express";

/** Everything the API refuses, by its name in `{"error":…}`, and the HTTP status beside it. */
export const REFUSALS = {
  unauthorized: 401,
  not_found: 404,
  method_not_allowed: 405,
  tenant_exists: 409,
  backfill_running: 409,
  no_payload: 409,
  no_api_key: 412,
  no_signing_secret: 412,
  payload_too_large: 413,
  unsupported_encoding: 415,
  too_many_attempts: 429,
  ingest_unreachable: 502,
  unavailable: 503,
} as const satisfies Record<string, number>;

export type RefusalName = keyof typeof REFUSALS;

/** What was asked for can't be had, for a reason that the caller can understand. */
export class Refusal extends Error {
  readonly refusal: RefusalName;
  /** In how many seconds it may be tried again; null where that is not known. */
  readonly retryAfter: number | null;

  constructor(refusal: RefusalName, retryAfter: number | null = null) {
    super(refusal);
    this.name = "Refusal";
    this.refusal = refusal;
    this.retryAfter = retryAfter;
  }
}

/** What was sent is not what can be asked for here. Only input is refused with it: a schema that our own code offends is a defect. */
export class InvalidRequest extends Error {
  /** All that is wrong, at least one. A path has dots between, and is empty for the whole of it. */
  readonly issues: readonly InputIssue[];

  constructor(issues: readonly InputIssue[]) {
    super("invalid request");
    this.name = "InvalidRequest";
    this.issues = issues;
  }
}

/** One thing wrong with what was sent. */
export function invalid(path: string, message: string): InvalidRequest {
  return new InvalidRequest([{ path, message }]);
}

/**
 * Answers what is refused, input that can't be read included, and what can't be done while Postgres or Redis is away. Passes on
 * other errors.
 */
export function refusals(log: Logger): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    const refusal = refusalOf(error);
    if (response.headersSent) return next(error);
    if (error instanceof InvalidRequest || error instanceof InvalidInput) {
      return void response.status(400).json({ error: "invalid_request", issues: error.issues });
    }
    if (refusal === null) return next(error);
    if (refusal === "unavailable") {
      response.set("retry-after", "5");
      // Whoever refuses has said why.
      if (!(error instanceof Refusal)) log.warn({ err: error }, "Postgres or Redis is away");
    }
    if (error instanceof Refusal && error.retryAfter !== null) response.set("retry-after", String(error.retryAfter));
    if (refusal === "unauthorized") response.set("www-authenticate", 'Bearer realm="Mara"');
    response.status(REFUSALS[refusal]).json({ error: refusal });
  };
}

function refusalOf(error: unknown): RefusalName | null {
  if (error instanceof Refusal) return error.refusal;
  if (error instanceof QueueUnavailable || isPassing(error)) return "unavailable";
  // A path that can't be decoded names nothing.
  return error instanceof URIError ? "not_found" : null;
}
