import type { RunFile } from "../run-file.ts";
import type { App } from "./apps.ts";
import type { SystemOptions } from "./system.ts";

/** What an app reads: all that was set, and what this start has decided. */
export function environmentOf(app: App, options: Pick<SystemOptions, "host" | "publicUrl" | "ports" | "urls">, run: RunFile): NodeJS.ProcessEnv {
  return {
    // One, not one for each core: it is somebody's own machine.
    INGEST_PROCESSES: "1",
    ...process.env,
    NODE_ENV: process.env.NODE_ENV ?? "production",
    // There is one of each: no balancer could go to another.
    DRAIN_SECONDS: "0",
    ...Object.fromEntries(Object.entries(options.ports).map(([name, port]) => [name, String(port)])),
    HOST: options.host,
    PUBLIC_URL: options.publicUrl,
    INGEST_URL: options.urls.ingest,
    DATABASE_URL: run.databaseUrl,
    REDIS_URL: run.redisUrl,
    SECRETS_KEY: run.secretsKey,
    // Of no use to those that strangers talk to, and nothing to lie about in them.
    ADMIN_TOKEN: app === "console" ? run.adminToken : undefined,
  };
}
