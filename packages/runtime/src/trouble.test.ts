import { expect, it } from "@jest/globals";
import { createLogger, trouble } from "@mara/runtime";

it("says a trouble once, counts it while it lasts, and says it again when it goes on", () => {
  const lines: unknown[] = [];
  const log = createLogger("worker", "info", { write: (line) => void lines.push(JSON.parse(line)) });
  let now = 0;
  const say = trouble(log, "the queue has trouble", () => now);
  const refused = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
  for (now = 0; now < 500; now++) say(refused);
  say(Object.assign(new Error("oom"), { code: "OOM" }));
  now = 31_000;
  say(refused);
  expect(lines).toMatchObject([
    { code: "ECONNREFUSED", msg: "the queue has trouble" },
    { code: "OOM" },
    { code: "ECONNREFUSED", unsaid: 499 },
  ]);
});

it("tells by the word that Redis refused with", () => {
  const lines: unknown[] = [];
  const say = trouble(createLogger("ingest", "info", { write: (line) => void lines.push(JSON.parse(line)) }), "Redis has trouble");
  for (const message of ["WRONGPASS invalid username-password pair", "LOADING Redis is loading", "no word at all"]) {
    say(Object.assign(new Error(message), { name: "ReplyError" }));
  }
  expect(lines).toMatchObject([{ code: "WRONGPASS" }, { code: "LOADING" }, { code: "ReplyError" }]);
});

it("says where a trouble was caused, and no word of what either error says", () => {
  const lines: string[] = [];
  const say = trouble(createLogger("ingest", "info", { write: (line) => void lines.push(line) }), "deliveries are answered 503");
  say(new Error("for ada@example.com", { cause: new TypeError("of ada@example.com") }));
  expect(JSON.parse(lines.join(""))).toMatchObject({ code: "Error", cause: { code: "TypeError", at: expect.arrayContaining([expect.stringContaining("trouble.test")]) } });
  expect(lines.join("")).not.toContain("ada");
});
