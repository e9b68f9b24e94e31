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
  // Whoever took longer than anybody may has lost it to another.
  const giveBack = () => void (holderOf(file) === process.pid && rmSync(file, { force: true }));
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
    const { mtimeMs } = statSync(file);
    const pid = holderOf(file);
    // In a container that is started again each process has the number that it had before.
    if (pid === process.pid) return mtimeMs < performance.timeOrigin;
    return Date.now() - mtimeMs > OLDEST_MS || (pid > 0 && !isAlive(pid));
  } catch {
    // It has just been given back.
    return false;
  }
}

function holderOf(file) {
  try {
    return Number(readFileSync(file, "utf8"));
  } catch {
    return 0;
  }
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === "EPERM";
  }
}
