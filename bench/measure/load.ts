import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** One request of the load: everything is made before the clock starts. */
export interface Shot {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Fired {
  readonly perSecond: number;
  readonly answered: number;
}

/** So many are prepared for each second of a volley. Where somebody is faster, it ends when they are all fired. */
export const MOST_PER_SECOND = 14_000;

/** Enough that whoever answers always has something to do. */
const CONNECTIONS = 64 * availableParallelism();

/**
 * Fires `shots` one after the other over 64 connections a core for `seconds`, with wrk, from a process of its own: as fast
 * as they are answered, or `perSecond` at a steady rate. Only ever at this machine. They reach wrk by a pipe: as a file they
 * would still be on their way to the disk while what is measured waits for it. Where they run out before the time does, that
 * is the end: one that is fired twice would be a duplicate, and cheaper. Throws where one was not answered with 2xx.
 */
export async function fire(
  port: number,
  shots: readonly Shot[],
  { seconds, perSecond = 0 }: { readonly seconds: number; readonly perSecond?: number },
): Promise<Fired> {
  const wrk = spawn(
    "wrk",
    ["-t1", `-c${CONNECTIONS}`, `-d${seconds}s`, "--timeout", "5s", "-s", join(import.meta.dirname, "shots.lua"), `http://127.0.0.1:${port}`],
    { env: { ...process.env, PER_SECOND: String(perSecond) }, stdio: ["pipe", "pipe", "inherit"] },
  );
  let said = "";
  wrk.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const exit = once(wrk, "exit");
  await pipeline(Readable.from(inChunks(shots)), wrk.stdin);
  const [code] = await exit;
  const found = /answered=(\d+) failed=(\d+) microseconds=(\d+)/.exec(said);
  if (code !== 0 || !found) throw new Error(`wrk did not run through:\n${said}`);
  const [answered, failed, micros] = [Number(found[1]), Number(found[2]), Number(found[3])];
  if (failed > 0) throw new Error(`${failed} of ${answered} deliveries were not taken`);
  return { perSecond: answered / (micros / 1e6), answered };
}

const SHOTS_A_CHUNK = 1_000;

function* inChunks(shots: readonly Shot[]): Generator<Buffer> {
  for (let i = 0; i < shots.length; i += SHOTS_A_CHUNK) yield encode(shots.slice(i, i + SHOTS_A_CHUNK));
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
