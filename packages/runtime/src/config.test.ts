import { describe, expect, it } from "@jest/globals";
import { availableParallelism } from "node:os";
import { ConfigError, parseConfig } from "./config.ts";
import * as variables from "./variables.ts";

const KEY = Buffer.alloc(32, 7).toString("base64");
const { publicUrl, ...shape } = variables;
const REQUIRED = { DATABASE_URL: "postgresql://127.0.0.1/mara", REDIS_URL: "redis://127.0.0.1", SECRETS_KEY: KEY, ADMIN_TOKEN: "t".repeat(32) };

describe("a configuration", () => {
  it("has the contract's defaults", () => {
    expect(parseConfig(shape, REQUIRED)).toEqual({
      ...REQUIRED,
      DATA_DIR: ".data",
      INGEST_PORT: 3000,
      CONSOLE_PORT: 3001,
      WORKER_PORT: 3002,
      HOST: "127.0.0.1",
      CLERK_API_URL: "https://api.clerk.com",
      MAX_BODY_BYTES: 1_048_576,
      LOG_LEVEL: "info",
      EVENT_SHARDS: 1,
      LEDGER_HOURS: 336,
      REDIS_REPLICAS: 0,
      DRAIN_SECONDS: 0,
      INGEST_PROCESSES: availableParallelism(),
      TRUSTED_PROXIES: "loopback",
      RETENTION_PAYLOAD_DAYS: 30,
      RETENTION_DELIVERY_DAYS: 90,
    });
  });

  it.each([
    ["DATABASE_URL", "mysql://127.0.0.1/mara"],
    ["DATABASE_URL", "postgresql://"],
    ["REDIS_URL", "127.0.0.1:6379"],
    ["REDIS_URL", "redis://a:1,http://b:2"],
    ["REDIS_URL", "redis://a:1,"],
    ["INGEST_PORT", "0"],
    ["INGEST_PORT", "65536"],
    ["INGEST_PORT", "3e3"],
    ["INGEST_PORT", " 3000"],
    ["CONSOLE_PORT", "-1"],
    ["WORKER_PORT", "80.5"],
    ["HOST", "not a host"],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"],
    ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "grpc://collector"],
    ["PUBLIC_URL", "hooks.test"],
    ["PUBLIC_URL", "ftp://hooks.test"],
    ["PUBLIC_URL", "https://ada:hunter2@hooks.test"],
    ["PUBLIC_URL", "https://hooks.test/in?from=stripe"],
    ["PUBLIC_URL", "https://hooks.test/#in"],
    ["PUBLIC_URL", "https://hooks.test/?"],
    ["PUBLIC_URL", "https://hooks.test#"],
    ["PUBLIC_URL", "https://hooks.test "],
    ["INGEST_URL", "http://ada:hunter2@ingest.test"],
    ["CLERK_API_URL", "https://clerk.test?v=1"],
    ["REDIS_URL", "redis://:100%@localhost:6379"],
    ["DATABASE_URL", "postgresql://mara:100%ff@localhost/mara"],
    ["SECRETS_KEY", "short"],
    ["SECRETS_KEY", Buffer.alloc(31).toString("base64")],
    ["SECRETS_KEY", `${KEY},`],
    ["ADMIN_TOKEN", "short"],
    ["ADMIN_TOKEN", "long enough, but with spaces"],
    ["CLERK_API_URL", "api.clerk.com"],
    ["MAX_BODY_BYTES", "1MB"],
    ["LOG_LEVEL", "loud"],
    ["EVENT_SHARDS", "0"],
    ["LEDGER_HOURS", "0"],
    ["REDIS_REPLICAS", "-1"],
    ["DRAIN_SECONDS", "301"],
    ["WORKER_CONCURRENCY", "many"],
    ["RETENTION_PAYLOAD_DAYS", "0"],
    ["TRUSTED_PROXIES", "proxy.internal"],
    ["TRUSTED_PROXIES", "10.0.0.0/33"],
    ["TRUSTED_PROXIES", "10.0.0.0/8/8"],
    ["TRUSTED_PROXIES", "loopback,"],
  ])("refuses %s=%s in one line that names it", (name, value) => {
    expect(refusalOf({ ...REQUIRED, [name]: value })).toMatch(new RegExp(`^${name} must be .+$`));
  });

  it("takes a bare % in the password of DATABASE_URL, which the Postgres client reads as it is meant", () => {
    const DATABASE_URL = "postgresql://mara:100%@localhost/mara";
    expect(parseConfig(shape, { ...REQUIRED, DATABASE_URL })).toMatchObject({ DATABASE_URL });
  });

  it.each(["DATABASE_URL", "REDIS_URL", "SECRETS_KEY", "ADMIN_TOKEN", "LOG_LEVEL"])("keeps a wrong %s to itself", (name) => {
    expect(refusalOf({ ...REQUIRED, [name]: "hush hush" })).not.toContain("hush");
  });

  it.each(Object.keys(REQUIRED))("says that %s is required", (name) => {
    expect(refusalOf({ ...REQUIRED, [name]: undefined })).toBe(`${name} is required`);
  });

  it("takes a variable that is set to nothing for unset", () => {
    expect(parseConfig(shape, { ...REQUIRED, INGEST_PORT: "", PUBLIC_URL: "" }).INGEST_PORT).toBe(3000);
    expect(refusalOf({ ...REQUIRED, ADMIN_TOKEN: "" })).toBe("ADMIN_TOKEN is required");
  });

  it("takes several cluster nodes and several keys", () => {
    const given = { ...REQUIRED, REDIS_URL: "redis://a:1,redis://b:2", SECRETS_KEY: `${KEY},${KEY}` };
    expect(parseConfig(shape, given)).toMatchObject(given);
  });

  it("takes proxies by address, by network and by name", () => {
    const given = { ...REQUIRED, TRUSTED_PROXIES: "loopback, 10.0.0.0/8, fd00::/8,192.0.2.7" };
    expect(parseConfig(shape, given)).toMatchObject(given);
  });

  it("drops the slash at the end of a base URL", () => {
    expect(parseConfig(shape, { ...REQUIRED, PUBLIC_URL: "https://hooks.test/in/" }).PUBLIC_URL).toBe("https://hooks.test/in");
  });
});

describe("the public URL", () => {
  it("is the ingest port of this machine where nobody set it", () => {
    expect(publicUrl({ PUBLIC_URL: undefined, INGEST_PORT: 4000 })).toBe("http://localhost:4000");
    expect(publicUrl({ PUBLIC_URL: "https://hooks.test", INGEST_PORT: 4000 })).toBe("https://hooks.test");
  });
});

function refusalOf(env: Record<string, string | undefined>): string {
  try {
    parseConfig(shape, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return "it was taken";
}
