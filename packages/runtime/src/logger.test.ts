import { describe, expect, it } from "@jest/globals";
import { z } from "zod";
import { createLogger, type Logger } from "./logger.ts";

describe("a log line", () => {
  it("says when, how bad and which process", () => {
    const line = written((log) => log.warn({ jobs: 3 }, "slow"));
    expect(line).toMatchObject({ level: "warn", app: "worker", jobs: 3, msg: "slow" });
    expect(line.time).toMatch(/^\d{4}-.*Z$/);
  });

  it.each(["secret", "body", "headers", "authorization", "apiKey", "token", "email"])("hides %s, outside and one deep", (key) => {
    const line = written((log) => log.info({ [key]: "hush", delivery: { [key]: "hush" } }, "received"));
    expect(JSON.stringify(line)).not.toContain("hush");
  });

  it("keeps name, message and code of an error, and nothing that a library hung on it", () => {
    const error = Object.assign(new TypeError("it broke"), { code: "23505", detail: "Key (email)=(ann@example.test)", command: ["SET", "ann"] });
    const line = written((log) => log.error({ err: error }, "failed"));
    expect(line.err).toMatchObject({ type: "TypeError", message: "it broke", code: "23505" });
    expect(JSON.stringify(line)).not.toContain("ann");
  });

  it("tells of what fits no schema only in which way, and where", () => {
    const error = refusalOf(z.strictObject({ plan: z.enum(["a"]) }), { plan: "hush", hush: 1 });
    expect(error).toMatchObject({ stack: expect.stringContaining("hush") });
    const line = written((log) => log.error({ err: new Error("outer", { cause: error }), error }, "failed"));
    expect(JSON.stringify(line)).not.toContain("hush");
    expect(line.error).toMatchObject({
      type: "ZodError",
      message: "it does not fit its schema: invalid_value, unrecognized_keys",
      stack: expect.stringContaining("logger.test.ts"),
    });
  });

  it("follows an error to its causes", () => {
    const line = written((log) => log.error({ err: new Error("outer", { cause: new Error("inner") }) }, "failed"));
    expect(line.err).toMatchObject({ cause: { message: "inner" } });
  });

  it("is not written below its level", () => {
    expect(written((log) => log.debug("chatter"))).toEqual({});
  });
});

function written(write: (log: Logger) => void): Record<string, unknown> {
  let text = "";
  write(createLogger("worker", "info", { write: (line) => void (text += line) }));
  return text === "" ? {} : JSON.parse(text);
}

function refusalOf(schema: z.ZodType, value: unknown): unknown {
  try {
    return schema.parse(value);
  } catch (error) {
    return error;
  }
}
