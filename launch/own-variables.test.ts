import { expect, it } from "@jest/globals";
import { withoutOwnVariables } from "./own-variables.ts";

it("nothing that configures the product is handed on", () => {
  const own = ["DATABASE_URL", "REDIS_URL", "SECRETS_KEY", "ADMIN_TOKEN", "DATA_DIR", "HOST", "INGEST_PORT", "PUBLIC_URL", "OTEL_EXPORTER_OTLP_ENDPOINT", "NODE_ENV"];
  expect(withoutOwnVariables(Object.fromEntries(own.map((name) => [name, "a developer's"])))).toEqual({});
});

it("everything else is", () => {
  const others = { PATH: "/bin", CHROMIUM: "/usr/bin/chromium", TEST_POSTGRES_URL: "postgresql://127.0.0.1/postgres", publicUrl: "as a name of ours, but no variable" };
  expect(withoutOwnVariables(others)).toEqual(others);
});
