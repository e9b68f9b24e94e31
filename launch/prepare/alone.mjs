import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

/** Longer than anything that is done alone takes: by then the process is another that has the number. */
const OLDEST_MS = 15 * 60_000;
const LOOK_EVERY_MS = 200;

/**
 * Does `work` while no other process does anything under the same `file`, which holds the process number meanwhile. Calls
 * `waiting` once where another has it. What a killed process left counts for nothing.
 */
export async function alone(file, work, waiting) {
  if (!take(file)) {
    waiting();
    while (!take(file)) await pause(LOOK_EVERY_MS);
  }
  const giveBack = () => rmSync(file, { force: true });
  // A signal ends the process in the midst of the work.
  process.once("exit", giveBack);
  try {
    return await work();
  } finally {
    process.off("exit", giveBack);
    giveBack();
  }
}

function take(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    // Where nothing can be written the work itself says so best.
    if (error.code !== "EEXIST") return true;
    if (wasLeft(file)) rmSync(file, { force: true });
    return false;
  }
}

function wasLeft(file) {
  try {
    const pid = Number(readFileSync(file, "utf8"));
    return Date.now() - statSync(file).mtimeMs > OLDEST_MS || (pid > 0 && !isAlive(pid));
  } catch {
    // It has just been given back.
    return false;
  }
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === "EPERM";
  }
}
