import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/** One request of the load: everything is made before the clock starts. */
export interface Shot {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Fired {
  readonly perSecond: number;
  readonly answered: number;
  /** Answers that were not 2xx, and requests without an answer. */
  readonly failed: number;
  /** Whether the shots ran out and were fired again. */
  readonly wrapped: boolean;
}

/**
 * Fires `shots` one after the other over 64 connections for `seconds`, with wrk, from a process of its own.
 * Only ever at this machine.
 */
export async function fire(port: number, shots: readonly Shot[], seconds: number, dir: string): Promise<Fired> {
  const file = join(dir, "shots");
  await writeFile(file, encode(shots));
  const wrk = spawn(
    "wrk",
    ["-t1", "-c64", `-d${seconds}s`, "--timeout", "5s", "-s", join(import.meta.dirname, "shots.lua"), `http://127.0.0.1:${port}`],
    { env: { ...process.env, SHOTS: file }, stdio: ["ignore", "pipe", "inherit"] },
  );
  let said = "";
  wrk.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const [code] = await once(wrk, "exit");
  const found = /answered=(\d+) failed=(\d+) microseconds=(\d+)/.exec(said);
  if (code !== 0 || !found) throw new Error(`wrk did not run through:\n${said}`);
  const [answered, failed, micros] = [Number(found[1]), Number(found[2]), Number(found[3])];
  return { perSecond: answered / (micros / 1e6), answered, failed, wrapped: answered > shots.length };
}

/** The shots with their lengths, so that wrk's script reads them without parsing. */
function encode(shots: readonly Shot[]): Buffer {
  return Buffer.concat(
    shots.map(({ path, headers, body }) => {
      const lines = Object.entries({ host: "127.0.0.1", ...headers, "content-length": String(Buffer.byteLength(body)) });
      const raw = `POST ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`;
      return Buffer.from(`${Buffer.byteLength(raw)}\n${raw}`);
    }),
  );
}
