import type { AppName, AppProcess, AppProcesses } from "./app-processes.ts";

/** Two of each app, as processes. */
export interface Fleet {
  readonly ingests: Pair;
  readonly workers: Pair;
  readonly consoles: Pair;
}

export type Pair = readonly [AppProcess, AppProcess];

/** @param env for all of them, over what every app is started with. Resolves when all are ready. */
export async function startFleet(apps: AppProcesses, env: Readonly<Record<string, string>>): Promise<Fleet> {
  const two = (name: AppName): Promise<Pair> => Promise.all([apps.app(name, env), apps.app(name, env)]);
  const [ingests, workers, consoles] = await Promise.all([two("ingest"), two("worker"), two("console")]);
  return { ingests, workers, consoles };
}
