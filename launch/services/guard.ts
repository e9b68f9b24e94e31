import { spawn, type ChildProcess } from "node:child_process";

/**
 * Sees to it that `child` does not outlive this process, however this process ends: a shell waits at the other end of a
 * pipe, which closes with us, and then sends the signal. `patienceSeconds` later, so that what depends on the child can
 * finish first.
 */
export function guard(child: ChildProcess, signal: "INT" | "TERM", patienceSeconds: number): void {
  const { pid } = child;
  if (pid === undefined) return;
  const script = `read -r _; sleep ${patienceSeconds}; kill -s ${signal} ${pid}`;
  const shell = spawn("/bin/sh", ["-c", script], { stdio: ["pipe", "ignore", "ignore"], detached: true });
  shell.unref();
  // The shell must be gone before the number of the child's process can be given to another.
  child.once("exit", () => shell.kill("SIGKILL"));
  shell.on("error", () => {});
}
