import { spawn } from "node:child_process";

/** The one child that runs now: signals are passed on to it. */
let current = null;
/** When somebody asked to stop, and with what the process ends then. */
let stopAskedAt = null;
let statusWhenStopped = 1;

/**
 * Runs a program to its end. With `quiet` its output is shown only where it fails.
 * @returns {Promise<number>} its exit code; 128 + n where signal n ended it
 */
export function run(program, args, { quiet = false, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const output = [];
    const child = spawn(program, args, { stdio: quiet ? ["ignore", "pipe", "pipe"] : "inherit", ...options });
    current = child;
    child.stdout?.on("data", (chunk) => output.push(chunk));
    child.stderr?.on("data", (chunk) => output.push(chunk));
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      current = null;
      const status = code ?? 128 + (SIGNAL_NUMBERS[signal] ?? 0);
      // A child that had not come as far as to listen for signals was ended by this one: that is a stop like any other.
      if (stopAskedAt !== null) process.exit(quiet || code === null ? statusWhenStopped : status);
      if (quiet && status !== 0) process.stderr.write(Buffer.concat(output));
      resolve(status);
    });
  });
}

const SIGNAL_NUMBERS = { SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/**
 * Passes SIGTERM, Ctrl-C and the end of the terminal on as SIGTERM. npm sends a Ctrl-C on that the terminal has sent already:
 * what comes within a second of the first is its echo. Where npm started this, its end is a signal as well, because it can be
 * killed without passing anything on.
 * @param {number} status with what the process ends where the child leaves it open: 0 where stopping is how it ends well
 */
export function forwardSignals(status) {
  statusWhenStopped = status;
  const stop = () => {
    if (stopAskedAt !== null && Date.now() - stopAskedAt < 1_000) return;
    stopAskedAt ??= Date.now();
    if (current === null) process.exit(statusWhenStopped);
    current.kill("SIGTERM");
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  process.on("SIGHUP", stop);
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  setInterval(() => {
    // Once: a second one would end the child in the midst of its stop.
    if (process.ppid !== parent && stopAskedAt === null) stop();
  }, 1_000).unref();
}
