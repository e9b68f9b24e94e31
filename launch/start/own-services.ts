import { join } from "node:path";
import { freePort } from "../services/free-port.ts";
import { startPostgres } from "../services/postgres.ts";
import { redisProgram } from "../services/redis-program.ts";
import { startRedis } from "../services/redis.ts";
import type { Keys } from "./keys.ts";
import { supervise, type Supervised } from "./supervise.ts";

export interface OwnServiceOptions {
  readonly dataDir: string;
  readonly keys: Keys;
  /** Called with the process number at every start. */
  readonly started: (pid: number) => Promise<void>;
  readonly say: (line: string) => void;
}

/** A service that is kept up, and where it is reached: at the same address over all its restarts. */
export interface OwnService {
  readonly url: string;
  readonly kept: Supervised;
}

/** How long a service stays where this process is killed: as long as the apps may need to put down what is in hand. */
const PATIENCE_SECONDS = 5;

export async function ownPostgres({ dataDir, keys, started, say }: OwnServiceOptions): Promise<OwnService> {
  const options = {
    dataDir: join(dataDir, "postgres"),
    port: await freePort(),
    password: keys.postgresPassword,
    settings: { max_connections: "200" },
    patienceSeconds: PATIENCE_SECONDS,
  };
  return keepUp("postgres", () => startPostgres(options), started, say);
}

export async function ownRedis({ dataDir, keys, started, say }: OwnServiceOptions): Promise<OwnService> {
  const options = {
    dataDir: join(dataDir, "redis"),
    port: await freePort(),
    password: keys.redisPassword,
    program: redisProgram(say),
    patienceSeconds: PATIENCE_SECONDS,
  };
  return keepUp("redis", () => startRedis(options), started, say);
}

async function keepUp(
  name: string,
  startIt: () => ReturnType<typeof startPostgres | typeof startRedis>,
  started: OwnServiceOptions["started"],
  say: OwnServiceOptions["say"],
): Promise<OwnService> {
  let url = "";
  const start = async () => {
    const running = await startIt();
    url = running.url;
    return running;
  };
  const kept = await supervise({ name, start, started, say });
  return { url, kept };
}
