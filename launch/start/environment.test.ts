import { describe, expect, it } from "@jest/globals";
import { APPS } from "./apps.ts";
import { environmentOf } from "./environment.ts";

const urls = { ingest: "http://127.0.0.1:3000", worker: "http://127.0.0.1:3002", console: "http://127.0.0.1:3001" };
const options = { host: "127.0.0.1", publicUrl: "https://hooks.example.com", urls, ports: { INGEST_PORT: 3000, CONSOLE_PORT: 3001, WORKER_PORT: 3002 } };
const run = {
  urls,
  publicUrl: options.publicUrl,
  databaseUrl: "postgresql://mara@127.0.0.1/mara",
  redisUrl: "redis://127.0.0.1",
  secretsKey: "the key",
  adminToken: "the-operators-own-token",
  processes: {},
};

describe("the environment of an app", () => {
  it.each(APPS)("has what %s reads", (app) => {
    expect(environmentOf(app, options, run)).toMatchObject({
      DATABASE_URL: run.databaseUrl,
      REDIS_URL: run.redisUrl,
      SECRETS_KEY: run.secretsKey,
      PUBLIC_URL: options.publicUrl,
      INGEST_PORT: "3000",
    });
  });

  it("has the admin token for the console, and for nobody that strangers talk to", () => {
    const having = APPS.filter((app) => JSON.stringify(environmentOf(app, options, run)).includes(run.adminToken));
    expect(having).toEqual(["console"]);
  });
});
