import type { ErrorRequestHandler, RequestHandler } from "express";
import type { Logger } from "./logger.ts";

const NAMES: Readonly<Record<number, string>> = {
  404: "not_found",
  405: "method_not_allowed",
  413: "payload_too_large",
  415: "unsupported_media_type",
};

/** What no route answered: 404 as JSON. The last middleware but one. */
export function notFound(): RequestHandler {
  return (_request, response) => {
    response.status(404).json({ error: "not_found" });
  };
}

/**
 * The last middleware: whatever went wrong becomes JSON in the contract's form, without a word of the error itself.
 * An error that carries a 4xx status (body readers and Express make those) keeps it; everything else is 500 and is logged.
 */
export function jsonErrors(log: Logger): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    const status = statusOf(error);
    if (status >= 500) log.error({ err: error }, "a request failed");
    if (response.headersSent) {
      // Express' own last word: it cuts the connection, so that half an answer can't pass for a whole one.
      next(error);
      return;
    }
    if (status >= 500) response.status(500).json({ error: "internal_error" });
    else response.status(status).json(NAMES[status] === undefined ? { error: "invalid_request", issues: [] } : { error: NAMES[status] });
  };
}

function statusOf(error: unknown): number {
  const status = error instanceof Error && "status" in error ? error.status : null;
  return typeof status === "number" && status >= 400 && status < 500 ? status : 500;
}
