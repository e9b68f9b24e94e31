import { spawn } from "node:child_process";
import { join } from "node:path";
import { Writable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import pretty from "pino-pretty";
import { end, endOf, hasEnded, type Running } from "../services/running.ts";
import { Problem } from "../problem.ts";

export const APPS = ["worker", "ingest", "console"] as const;
export type App = (typeof APPS)[number];

/** An app is given as long as its own grace to stop in, and a little more. */
const PATIENCE_MS = 28_000;
const READY_MS = 60_000;

/**
 * A delivery lives for milliseconds, and many are in hand at once. In V8's own 16 MB for young objects they would be copied
 * into the old generation before they are done with: a tenth of all CPU time.
 */
export const NODE_FLAGS = ["--enable-source-maps", "--max-semi-space-size=32"];

/**
 * Starts the built app, in a process group of its own: a terminal's Ctrl-C does not reach it, and it ends by itself when the
 * IPC channel does. Resolves when it answers under `url`; throws `Problem` where it ends before, or another program does.
 */
export async function startApp(root: string, app: App, env: Readonly<Record<string, string | undefined>>, url: string): Promise<Running> {
  // Its answers would be taken for the app's, which could not listen there.
  if ((await ask(`${url}/healthz`)) !== null) throw new Problem(`${app} can't start: another program answers at ${url}.`);
  const readable = process.stdout.isTTY;
  const child = spawn(process.execPath, [...NODE_FLAGS, join(root, "apps", app, "dist/main.js")], {
    cwd: root,
    env,
    stdio: ["ignore", readable ? "pipe" : "inherit", "inherit", "ipc"],
    detached: true,
  });
  const ended = endOf(child);
  child.stdout?.pipe(
    pretty({ colorize: true, singleLine: true, ignore: "app,pid,hostname", messageFormat: `${app}: {msg}`, destination: createOutput() }),
  );
  while ((await ask(`${url}/healthz`))?.status !== 200) {
    if (hasEnded(child) || child.pid === undefined) throw new Problem(`${app} ended before it was up.`);
    await pause(50);
  }
  return { process: child, ended, stop: () => end(child, "SIGTERM", PATIENCE_MS) };
}

/** Our own stdout, which stays open when the app ends, and whose reader may be gone: its errors are `process.stdout`'s. */
function createOutput(): Writable {
  return new Writable({ write: (chunk, _encoding, done) => void process.stdout.write(chunk, () => done()) });
}

/** Resolves when the app says that it can do its work. Throws `Problem`, with what it misses, where that takes over a minute. */
export async function untilReady(app: App, url: string): Promise<void> {
  const deadline = Date.now() + READY_MS;
  for (;;) {
    const answer = await ask(`${url}/readyz`);
    if (answer?.status === 200) return;
    if (Date.now() > deadline) throw new Problem(`${app} is up but can't do its work: ${answer?.body ?? "it does not answer"}`);
    await pause(50);
  }
}

async function ask(url: string): Promise<{ readonly status: number; readonly body: string } | null> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    return { status: answer.status, body: await answer.text() };
  } catch {
    return null;
  }
}
