import { spawn, type SpawnOptions } from "node:child_process";

/** Runs a program to its end and answers its exit code. While it runs, a signal to this process ends both. */
export function runToEnd(program: string, args: readonly string[], options: SpawnOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, options);
    const stop = () => {
      child.kill("SIGTERM");
      child.once("exit", () => process.exit(130));
    };
    const signals = ["SIGTERM", "SIGINT", "disconnect"] as const;
    for (const signal of signals) process.once(signal, stop);
    child.once("error", reject);
    child.once("exit", (code) => {
      for (const signal of signals) process.off(signal, stop);
      resolve(code ?? 1);
    });
  });
}
