import { describe, expect, it } from "@jest/globals";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { makeSecrets } from "../support/provider-client.ts";
import { seededRandom } from "../support/random.ts";
import { ELSEWHERE, MARK, MARKUP, PASTED, type FuzzCase } from "./case.ts";
import { caseOf } from "./cases.ts";
import type { Exchanged } from "./exchange.ts";
import { judge } from "./judge.ts";
import { readOptions } from "./options.ts";
import { formCase } from "./page-cases.ts";
import { confidentialOf, type Targets } from "./world.ts";

/** What is in the shell of somebody who works on the product. None of it may reach the system that is started. */
const SHELL = {
  DATABASE_URL: "postgresql://nobody@127.0.0.1:9/developers", REDIS_URL: "redis://127.0.0.1:9", HOST: "192.0.2.1", SECRETS_KEY: "none", NODE_ENV: "production",
};

const run = (...args: string[]) =>
  promisify(execFile)(process.execPath, ["--conditions=mara-source", "--import", "tsx", join(import.meta.dirname, "main.ts"), ...args], {
    env: { ...process.env, ...SHELL, NODE_OPTIONS: "" },
  }).catch((error: unknown) => {
    // What it found, and not only that it failed.
    throw new Error(z.object({ stdout: z.string(), stderr: z.string() }).transform(({ stdout, stderr }) => stdout + stderr).parse(error), { cause: error });
  });

it(
  "a short run of hostile requests and slow senders has no effect, and holds nobody up",
  async () => {
    const { stdout } = await run("--cases", "1500", "--seed", "7", "--idle", "300", "--slow", "0");
    expect(stdout).toMatch(/^sent +1500 cases/m);
    // Else nobody's signature would have been looked at, and nothing odd been taken.
    expect(stdout).toMatch(/^ingest +.*\d{2,} × 401/m);
    expect(stdout).toMatch(/^events taken +\d{2,}: /m);
    expect(stdout).toMatch(/^honest deliveries +[1-9]\d* meanwhile, 0 not taken/m);
    expect(stdout).toMatch(/^findings +0$/m);
  },
  180_000,
);

it("what can't be understood is refused with how to use it", async () => {
  await expect(run("--cases", "many")).rejects.toThrow("--cases N");
});

it("one seed makes one row of cases, each by its number alone", () => {
  const rowOf = (seed: number) => Array.from({ length: 300 }, (_, number) => caseOf(TARGETS, seed, number).what);
  expect(rowOf(3)).toEqual(rowOf(3));
  expect(caseOf(TARGETS, 3, 250).what).toBe(rowOf(3)[250]);
  expect(rowOf(3)).not.toEqual(rowOf(4));
  expect(new Set(rowOf(3)).size).toBeGreaterThan(250);
  expect(readOptions(["--seed", "3"])).toEqual({ cases: 50_000, seed: 3, only: null, idle: 3_000, slow: 100 });
});

const known = { contacts: [], deliveries: [], events: [], cursors: [] };
const secrets = makeSecrets(() => Buffer.alloc(24, 1));
const sessionOf = (name: string) => ({ cookie: `mara_session=Fe26.2*1*${name.repeat(40)}~2`, csrf: `csrf-of-${name}` });
const TARGETS: Targets = {
  secrets: { quiet: secrets, taker: secrets, scratch: secrets, bystander: secrets, honest: secrets },
  tokens: { operator: "operators-token", quiet: "a", taker: "b", scratch: "c", unset: "d", bystander: "e", honest: "f" },
  sessions: { operator: sessionOf("operator"), quiet: sessionOf("quiet") },
  scratch: known,
  bystander: known,
};

it("some strangers send a form of their own session about another's tenant, and all of them must be refused", () => {
  const cases = Array.from({ length: 500 }, (_, seed) => formCase(TARGETS, seededRandom(seed)));
  const own = cases.filter(({ what }) => what.startsWith("a stranger: POST /tenants/fuzz-") && what.endsWith("own form, body a form, from same-origin, plain HTTP"));
  expect(own.length).toBeGreaterThan(10);
  for (const { bytes, allowed } of own) expect([bytes.toString("latin1").includes("csrf=csrf-of-quiet"), allowed]).toEqual([true, "refused"]);
});

it("sessions and the secrets that are handed in are confidential as well", () => {
  expect(confidentialOf(TARGETS)).toEqual(expect.arrayContaining([`Fe26.2*1*${"quiet".repeat(40)}~2`, PASTED.signingSecret, PASTED.apiKey]));
});

const fuzzed = (changes: Partial<FuzzCase> = {}): FuzzCase => ({
  what: "something", to: "ingest", bytes: Buffer.from("POST / HTTP/1.1"), isWhole: true, allowed: "refused", form: "ingest", shape: null, signedAs: null, ...changes,
});
const answered = (status: number, body: string, headers: readonly (readonly [string, string])[] = [["content-type", "application/json"]]): Exchanged => ({
  kind: "answered", answer: { status, body, headers: new Map(headers) },
});

describe("the judge", () => {
  it.each<[string, FuzzCase, Exchanged]>([
    ["a refusal", fuzzed(), answered(401, '{"error":"invalid_signature","reason":"missing"}')],
    ["what Node's parser refused", fuzzed({ allowed: [404], form: "api" }), answered(400, '{"error":"malformed_request"}')],
    ["a connection that ends where there was no whole request", fuzzed({ isWhole: false }), { kind: "closed" }],
    ["an event that was taken", fuzzed({ allowed: "any" }), answered(200, '{"status":"queued"}')],
    ["an answer without a body", fuzzed({ allowed: "any", form: "api" }), answered(204, "", [])],
    ["no body where none was asked for, behind empty lines", fuzzed({ form: "api", bytes: Buffer.from("\r\n\r\nHEAD / HTTP/1.1") }), answered(404, "", [])],
    ["a redirect on the site", fuzzed({ form: "text", allowed: [303] }), answered(303, "", [["location", "/tenants?back=//evil.example"]])],
    ["a page that shows markup as text", fuzzed({ form: "text", allowed: "any" }), answered(200, MARKUP.replaceAll("<", "&lt;"), [])],
  ])("finds nothing wrong with %s", (_what, fuzzed, exchanged) => {
    expect(judge(fuzzed, exchanged, ["secret"])).toBeNull();
  });

  it.each<[string, FuzzCase, Exchanged, string]>([
    ["a failure of ours", fuzzed({ allowed: "any" }), answered(500, '{"error":"internal_error"}'), "answered with 500"],
    ["what it says of being unavailable", fuzzed({ allowed: "any" }), answered(503, '{"error":"unavailable"}'), "answered with 503"],
    ["success where there must be none", fuzzed(), answered(200, '{"status":"queued"}'), "allowed is 4xx"],
    ["another status than the only right one", fuzzed({ allowed: [404] }), answered(403, '{"error":"forbidden"}'), "allowed is 404"],
    ["a connection that ends without an answer", fuzzed(), { kind: "closed" }, "without an answer"],
    ["one that stays open", fuzzed({ isWhole: false }), { kind: "hung" }, "stays open"],
    ["a secret", fuzzed({ form: "text" }), answered(404, "the secret is there", []), "a secret is in the answer"],
    ["a secret in a header", fuzzed(), answered(404, '{"error":"not_found"}', [["x", "secret"]]), "a secret is in the answer"],
    ["markup", fuzzed({ form: "text" }), answered(404, MARKUP, []), "markup"],
    ...ELSEWHERE.map((to): [string, FuzzCase, Exchanged, string] => [`a redirect to ${JSON.stringify(to)}`, fuzzed({ form: "text", allowed: "any" }), answered(303, "", [["location", to]]), "sends the visitor away"]),
    ["a refusal that repeats a value", fuzzed(), answered(400, `{"error":"malformed_payload","reason":"${MARK}"}`), "repeats what was sent"],
    ["text in the place of JSON", fuzzed(), answered(404, "Not found", [["content-type", "text/plain"]]), "is no JSON"],
    ["JSON that is cut short", fuzzed(), answered(404, '{"error":'), "is no JSON"],
    ["a refusal of another form", fuzzed(), answered(404, '{"message":"not found"}'), "the contract's form"],
    ["an answer of another form", fuzzed({ allowed: "any", form: "api", shape: z.object({ items: z.array(z.string()) }) }), answered(200, "[]"), "the contract's form"],
  ])("finds %s", (_what, fuzzed, exchanged, problem) => {
    expect(judge(fuzzed, exchanged, ["secret"])).toContain(problem);
  });
});
