import { z } from "zod";
import { MARK, MARKUP, type FuzzCase } from "./case.ts";
import type { Answer, Exchanged } from "./exchange.ts";
import { isHead } from "./request.ts";

const refusal = z.strictObject({
  error: z.string().regex(/^[a-z_]+$/),
  reason: z.string().optional(),
  issues: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
});
const taken = z.discriminatedUnion("status", [
  z.strictObject({ status: z.literal("queued") }),
  z.strictObject({ status: z.literal("duplicate") }),
  z.strictObject({ status: z.literal("ignored"), reason: z.string() }),
]);

/** What a server says of a request that is none, before anybody here sees it. */
const PARSER_REFUSALS = ["malformed_request", "headers_too_large", "request_timeout"];

/** What is wrong with how a case was answered, in a few words; null where nothing is. */
export function judge(fuzzed: FuzzCase, exchanged: Exchanged, confidential: readonly string[]): string | null {
  if (exchanged.kind === "hung") return "no answer, and the connection stays open";
  if (exchanged.kind === "closed") return fuzzed.isWhole ? "the connection was closed without an answer" : null;
  const { answer } = exchanged;
  const text = `${[...answer.headers].join("\n")}\n${answer.body}`;
  if (!(answer.status >= 200)) return "what was answered is no HTTP";
  if (answer.status >= 500) return `answered with ${answer.status}: ${answer.body.slice(0, 200)}`;
  if (confidential.some((secret) => text.includes(secret))) return `a secret is in the answer (${answer.status})`;
  if (text.includes(MARKUP)) return `markup that was sent stands in the answer (${answer.status})`;
  const to = answer.headers.get("location");
  if (to !== undefined && !staysHere(to)) return `it sends the visitor away (${answer.status}): ${to.slice(0, 200)}`;
  return problemOfStatus(fuzzed, answer) ?? problemOfForm(fuzzed, answer);
}

const HERE = "http://console.example";

/** As a browser reads it, to which a backslash is a slash and a tab is nothing. */
function staysHere(location: string): boolean {
  return URL.canParse(location, HERE) && new URL(location, HERE).origin === HERE;
}

function problemOfStatus({ allowed }: FuzzCase, answer: Answer): string | null {
  const { status } = answer;
  if (allowed === "any") return null;
  const isRight = allowed === "refused" ? status >= 400 : allowed.includes(status);
  return isRight || isParserRefusal(answer) ? null : `answered with ${status}, allowed is ${allowed === "refused" ? "4xx" : allowed.join(", ")}`;
}

function isParserRefusal({ body }: Answer): boolean {
  return PARSER_REFUSALS.some((name) => body === `{"error":"${name}"}`);
}

function problemOfForm({ form, shape, bytes }: FuzzCase, { status, headers, body }: Answer): string | null {
  if (form === "text" || isHead(bytes) || status === 204) return null;
  if (!headers.get("content-type")?.startsWith("application/json")) return `the answer (${status}) is no JSON but ${headers.get("content-type")}`;
  const json = parsed(body);
  if (json === undefined) return `the answer (${status}) is no JSON`;
  if (status >= 400 && body.includes(MARK)) return `the refusal (${status}) repeats what was sent: ${body.slice(0, 200)}`;
  const wanted = status >= 400 ? refusal : form === "ingest" ? taken : shape;
  const problem = wanted?.safeParse(json).error;
  return problem ? `the answer (${status}) has not the contract's form: ${z.prettifyError(problem).slice(0, 300)}` : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
