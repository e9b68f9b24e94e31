import express, { type Request, type Response } from "express";
import { DEFAULT_PAGE, MAX_PAGE, type InputIssue } from "@mara/store";
import { z } from "zod";
import { invalid, InvalidRequest, Refusal } from "./respond.ts";

/** Settings are small. */
const BODY_BYTES = 65_536;

const parseJson = express.json({ limit: BODY_BYTES, type: () => true, inflate: false });

/**
 * Reads the body as JSON whatever its content type says; no body is `undefined`.
 * Throws `InvalidRequest` where it is no JSON object or array, and `Refusal` where it is too large or compressed.
 */
export function readBody(request: Request, response: Response): Promise<unknown> {
  return new Promise((resolve, reject) => {
    parseJson(request, response, (error: unknown) => {
      if (error === undefined) resolve(request.body);
      else reject(asRefusal(error));
    });
  });
}

function asRefusal(error: unknown): unknown {
  const status = error instanceof Error && "status" in error ? error.status : null;
  if (status === 413) return new Refusal("payload_too_large");
  if (status === 415) return new Refusal("unsupported_encoding");
  if (status === 400) return invalid("", "the body is not a JSON object");
  return error;
}

/**
 * Reads what must have the fields of `shape` and no others. Throws `InvalidRequest` with an issue for each that does not fit,
 * an unknown key at its own path.
 */
export function readFields<Shape extends z.ZodRawShape>(shape: Shape, given: unknown): z.output<z.ZodObject<Shape>> {
  return readBy(z.strictObject(shape).safeParse(given, { error: inOurWords }));
}

/** Undefined leaves zod its own words. It does not ask where the schema has words of its own. */
function inOurWords(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === "invalid_type") return issue.input === undefined ? "is required" : `must be a ${issue.expected}`;
  return issue.code === "invalid_value" && issue.values.length > 1 ? `must be one of ${issue.values.map(String).join(", ")}` : undefined;
}

/** What a schema made of what was sent. Throws `InvalidRequest` where it does not fit. */
export function readBy<Value>(result: z.ZodSafeParseResult<Value>): Value {
  if (result.success) return result.data;
  throw new InvalidRequest(result.error.issues.flatMap(perKey));
}

function perKey(issue: z.core.$ZodIssue): InputIssue[] {
  const at = (path: readonly PropertyKey[], message: string) => ({ path: path.map(String).join("."), message });
  if (issue.code !== "unrecognized_keys") return [at(issue.path, issue.message)];
  return issue.keys.map((key) => at([...issue.path, key], "is not known here"));
}

/** One line of text as people type it: trimmed, without control characters, and something that Postgres can hold. */
export function line(longest: number) {
  return z
    .string()
    .trim()
    .min(1, "must not be empty")
    .max(longest, `must have at most ${longest} characters`)
    .refine(isPlain, PLAIN);
}

const PLAIN = "must be plain text without control characters";

function isPlain(text: string): boolean {
  return !/\p{Cc}/u.test(text) && text.isWellFormed();
}

/** An id that others gave, to the letter: spaces around it are a part of it, as they are where it is kept. */
export const externalId = z
  .string()
  .max(255, "must have at most 255 characters")
  .refine((text) => text.trim() !== "" && isPlain(text), PLAIN);

/** An id of ours. In a path, one that isn't a UUID is simply not found. */
export const uuid = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i, "must be a UUID")
  .toLowerCase();

const LIMIT = `must be a whole number from 1 to ${MAX_PAGE}`;

/** What every list takes. Whether a cursor is one of the list is for the store to say. */
export const page = {
  limit: z
    .string(LIMIT)
    .regex(/^\d{1,3}$/, LIMIT)
    .transform(Number)
    .pipe(z.number().min(1, LIMIT).max(MAX_PAGE, LIMIT))
    .default(DEFAULT_PAGE),
  cursor: z.string("must be a nextCursor of this list").optional(),
} as const;
