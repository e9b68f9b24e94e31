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
