import { join } from "node:path";
import { freePort } from "../services/free-port.ts";
import { postgresUrl, startPostgres } from "../services/postgres.ts";
import { redisProgram } from "../services/redis-program.ts";
import { redisUrl, startRedis } from "../services/redis.ts";
import type { Running } from "../services/running.ts";
import type { Keys } from "./keys.ts";

/** A service of the data folder's own: however often it is started, it is reached at the same address. */
export interface OwnService {
  readonly url: string;
  start(): Promise<Running>;
}

/** How long a service stays where this process is killed: as long as the apps may need to put down what is in hand. */
const PATIENCE_SECONDS = 5;

export async function ownPostgres(dataDir: string, { postgresPassword: password }: Keys): Promise<OwnService> {
  const port = await freePort();
  const options = { dataDir: join(dataDir, "postgres"), port, password, settings: { max_connections: "200" }, patienceSeconds: PATIENCE_SECONDS };
  return { url: postgresUrl(port, password), start: () => startPostgres(options) };
}

/** Throws `Problem` where there is no Redis and none can be installed. */
export async function ownRedis(dataDir: string, { redisPassword: password }: Keys, say: (line: string) => void): Promise<OwnService> {
  const port = await freePort();
  const options = { dataDir: join(dataDir, "redis"), port, password, program: redisProgram(say), patienceSeconds: PATIENCE_SECONDS };
  return { url: redisUrl(port, password), start: () => startRedis(options) };
}
