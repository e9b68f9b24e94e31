import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { listen, type Listening } from "./listen.ts";

let other: Listening;

beforeAll(async () => {
  other = await listen(() => {}, { host: "127.0.0.1", port: 0 });
});
afterAll(() => other.close());

describe("a program that can't have its address", () => {
  it("names the variable of the port that another program has, in one line, and ends with 1", async () => {
    const { code, lines } = await run("127.0.0.1", other.port);
    expect(lines).toMatchObject([
      { level: "fatal", code: "EADDRINUSE", msg: `INGEST_PORT: port ${other.port} of 127.0.0.1 is in use by another program` },
    ]);
    expect(code).toBe(1);
  });

  it("names HOST where that is no address of the machine, in one line, and ends with 1", async () => {
    // Of the documentation's own network, which nobody has.
    const { code, lines } = await run("203.0.113.9", other.port);
    expect(lines).toMatchObject([{ level: "fatal", code: "EADDRNOTAVAIL", msg: "HOST: 203.0.113.9 is no address of this machine" }]);
    expect(code).toBe(1);
  });
});

/** What it wrote, wherever to, when it has ended. */
async function run(host: string, port: number): Promise<{ code: unknown; lines: unknown[] }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "../test/listening.mjs"), host, String(port)]);
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const [code]: unknown[] = await once(child, "close");
  return { code, lines: said.trim().split("\n").map((line): unknown => JSON.parse(line)) };
}
