import { pino, type DestinationStream, type Logger } from "pino";
import { z } from "zod";

export type { Logger };

/** A second belt: nothing hands these to the logger on purpose. */
const NEVER_LOGGED = [
  "authorization",
  "cookie",
  "headers",
  "body",
  "rawBody",
  "payload",
  "secret",
  "signingSecret",
  "secrets",
  "apiKey",
  "token",
  "password",
  "email",
  "name",
  "attributes",
];

/**
 * JSON lines on stdout, one process a `name` (`ingest`, `worker`, `console`). `level` is a pino level or `silent`.
 * Errors are written without the properties that libraries hang on them: Postgres puts row values into `detail`,
 * Redis whole commands into `command`. Of a `ZodError`, whose words may quote what did not fit, only the kinds of its issues
 * are told.
 */
export function createLogger(name: string, level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { app: name },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: NEVER_LOGGED.flatMap((key) => [key, `*.${key}`]), censor: "[redacted]" },
    serializers: { err: describe, error: describe },
  };
  return destination ? pino(options, destination) : pino(options);
}

interface Described {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: Described;
}

function describe(error: unknown, depth = 0): Described {
  if (!(error instanceof Error)) return { type: typeof error, message: "something that is no Error was thrown" };
  const code = "code" in error && (typeof error.code === "string" || typeof error.code === "number") ? String(error.code) : null;
  const message = error instanceof z.ZodError ? kindsOf(error) : error.message;
  return {
    type: error.name,
    message,
    ...(code !== null && { code }),
    ...(error.stack !== undefined && depth === 0 && { stack: error.stack.replace(error.message, () => message) }),
    ...(error.cause !== undefined && depth < 3 && { cause: describe(error.cause, depth + 1) }),
  };
}

function kindsOf({ issues }: z.ZodError): string {
  return `it does not fit its schema: ${[...new Set(issues.map(({ code }) => code))].join(", ")}`;
}
