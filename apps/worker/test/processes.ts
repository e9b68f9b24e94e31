import { appProcesses, type AppProcess, type WorkerServices } from "../../../test/support/app-processes.ts";

export interface WorkerProcess extends Pick<AppProcess, "url" | "ended"> {
  kill(signal: "SIGKILL" | "SIGTERM"): void;
}

export interface WorkerProcesses {
  /** Resolves when the worker takes jobs. */
  start(services: WorkerServices): Promise<WorkerProcess>;
  /** Kills those that still run. */
  stop(): Promise<void>;
}

/** Starts workers as processes of their own. */
export function workerProcesses(): WorkerProcesses {
  const { worker, stop } = appProcesses();
  return {
    start: async (services) => {
      const { url, ended, end } = await worker(services);
      return { url, ended, kill: (signal) => void end(signal) };
    },
    stop,
  };
}
