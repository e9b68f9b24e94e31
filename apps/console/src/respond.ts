import { QueueUnavailable } from "@mara/queue";
import type { Logger } from "@mara/runtime";
import { InvalidInput, isPassing, type InputIssue } from "@mara/store";
import type { ErrorRequestHandler } from "express";
import { z } from "zod";

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

/** One thing wrong with what was sent. `path` is where, with dots between, or empty for the whole of it. */
export function invalid(path: string, message: string): z.ZodError {
  return invalidAll([{ path, message }]);
}

function invalidAll(issues: readonly InputIssue[]): z.ZodError {
  return new z.ZodError(
    issues.map(({ path, message }) => ({ code: "custom", path: path === "" ? [] : path.split("."), message, input: undefined })),
  );
}

/**
 * Answers what is refused, and what can't be done while Postgres or Redis is away. Passes on other errors, the store's own
 * refusals of input in the one form that input errors have.
 */
export function refusals(log: Logger): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    if (error instanceof InvalidInput) return next(invalidAll(error.issues));
    const refusal = refusalOf(error);
    if (refusal === null || response.headersSent) return next(error);
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
