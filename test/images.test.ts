import { describe, expect, it } from "@jest/globals";
import * as exported from "@mara/runtime";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const ROOT = join(import.meta.dirname, "..");
const variables = Object.entries(exported).flatMap(([name, value]) => (/^[A-Z_]+$/.test(name) && value instanceof z.ZodType ? [{ name, schema: value }] : []));
const shown = new Map(
  [...read(".env.example").matchAll(/^#?([A-Z_]+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]),
);

describe(".env.example", () => {
  it.each(variables)("shows $name", ({ name }) => {
    expect([...shown.keys()]).toContain(name);
  });

  it.each(variables.filter(({ schema }) => schema.safeParse(undefined).data !== undefined))("shows the default of $name", ({ name, schema }) => {
    expect(schema.parse(shown.get(name))).toEqual(schema.parse(undefined));
  });

  it.each([...shown].filter(([, value]) => value !== ""))("shows a %s that is well-formed", (name, value) => {
    const variable = variables.find((known) => known.name === name);
    // POSTGRES_PASSWORD is for docker-compose.yml alone.
    if (variable === undefined) expect(name).toBe("POSTGRES_PASSWORD");
    else expect(variable.schema.safeParse(value).success).toBe(true);
  });
});

describe("the Dockerfile", () => {
  it("installs with the package.json of every workspace", () => {
    const copied = [...read("Dockerfile").matchAll(/^COPY (\S+)\/package\.json \S+$/gm)].map(([, folder]) => folder);
    const workspaces = ["packages", "apps"].flatMap((group) => readdirSync(join(ROOT, group)).map((name) => `${group}/${name}`));
    expect(copied.toSorted()).toEqual(workspaces.toSorted());
  });

  it.each(["ingest", "worker", "console", "migrate"])("has the target %s, which docker-compose.yml builds", (target) => {
    expect(read("Dockerfile")).toMatch(new RegExp(`^FROM runtime AS ${target}$`, "m"));
    expect(read("docker-compose.yml")).toContain(`target: ${target} }`);
  });
});

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}
