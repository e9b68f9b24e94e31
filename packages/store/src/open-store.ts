import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { PrismaClient } from "./generated/client.ts";
import type { Keyring } from "./keyring.ts";

/** Postgres, and the keys to the secrets in it. */
export interface Store {
  /** For what is batched or hot. */
  readonly pool: pg.Pool;
  /** For settings and single rows. Made when it is first asked for: its query compiler is too big for processes without use for it. */
  readonly prisma: PrismaClient;
  readonly keyring: Keyring;
  /** Waits for the queries in hand, then ends every connection. */
  close(): Promise<void>;
}

export interface StoreOptions {
  readonly databaseUrl: string;
  readonly keyring: Keyring;
  /** The most connections at once. Default 10. */
  readonly poolSize?: number;
  /** Milliseconds after which a query that was not answered is given up, and its connection with it. Default 30,000. */
  readonly queryTimeout?: number;
  /** Milliseconds to wait for a connection. Default 5,000. */
  readonly connectTimeout?: number;
  /** Hears of connections that broke while nobody used them; they are replaced by themselves. */
  readonly onError?: (error: Error) => void;
}

/** Opens the store. Connects when it is first used, and again whenever a connection was lost. */
export function openStore(options: StoreOptions): Store {
  const pool = new pg.Pool({
    connectionString: options.databaseUrl,
    max: options.poolSize ?? 10,
    query_timeout: options.queryTimeout ?? 30_000,
    connectionTimeoutMillis: options.connectTimeout ?? 5_000,
    keepAlive: true,
    // What is asked of one connection while it is busy is sent at once: see `Transaction`.
    pipeline: true,
  });
  pool.on("error", options.onError ?? (() => {}));
  let prisma: PrismaClient | undefined;
  return {
    pool,
    keyring: options.keyring,
    get prisma() {
      // Minimal, because the long form of its error messages quotes arguments.
      prisma ??= new PrismaClient({ adapter: new PrismaPg(pool), errorFormat: "minimal" });
      return prisma;
    },
    close: async () => {
      await prisma?.$disconnect();
      await pool.end();
    },
  };
}
