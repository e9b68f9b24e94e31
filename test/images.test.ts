import { describe, expect, it } from "@jest/globals";
import * as exported from "@mara/runtime";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** Of every process: docs/operating.md, upgrades and restarts. */
const LONGEST_STOP_SECONDS = 25;
const ROOT = join(import.meta.dirname, "..");
const variables = Object.entries(exported).flatMap(([name, value]) => (/^[A-Z_]+$/.test(name) && value instanceof z.ZodType ? [{ name, schema: value }] : []));
const shown = shownIn(read(".env.example"));
/** Read by docker-compose.yml and by no process. */
const OF_COMPOSE = ["POSTGRES_PASSWORD", "REDIS_MAXMEMORY", "STOP_GRACE"];
/** What they are by default depends on the machine. */
const OF_THE_MACHINE = ["INGEST_PROCESSES"];
const withDefault = variables.filter(({ name, schema }) => !OF_THE_MACHINE.includes(name) && schema.safeParse(undefined).data !== undefined);

describe(".env.example", () => {
  it.each(variables)("shows $name", ({ name }) => {
    expect([...shown.keys()]).toContain(name);
  });

  it.each(withDefault)("shows the default of $name", ({ name, schema }) => {
    expect(schema.parse(shown.get(name)?.value)).toEqual(schema.parse(undefined));
  });

  it.each(OF_COMPOSE)("shows the default that docker-compose.yml has for %s", (name) => {
    const defaults = [...read("docker-compose.yml").matchAll(new RegExp(`\\$\\{${name}:-(.*?)\\}`, "g"))].map(([, value]) => value);
    expect([...new Set(defaults)]).toEqual([shown.get(name)?.value]);
  });

  it("says of every example what happens while it is unset, and of no default", () => {
    const defaults = [...OF_COMPOSE, ...withDefault.map(({ name }) => name)];
    const examples = [...shown.keys()].filter((name) => shown.get(name)?.value !== "" && !defaults.includes(name));
    const saidToBe = [...shown].filter(([, { comment }]) => comment.includes("Unset:")).map(([name]) => name);
    expect(saidToBe.toSorted()).toEqual(examples.toSorted());
  });

  it.each([...shown].filter(([, { value }]) => value !== ""))("shows a %s that is well-formed", (name, { value }) => {
    const variable = variables.find((known) => known.name === name);
    if (variable === undefined) expect(OF_COMPOSE).toContain(name);
    else expect(variable.schema.safeParse(value).success).toBe(true);
  });
});

describe("docker-compose.yml", () => {
  it("runs Redis with the settings that keep what was acknowledged", () => {
    const [, command = ""] = /command: (redis-server .*)/.exec(read("docker-compose.yml")) ?? [];
    for (const setting of ["--appendonly yes", "--appendfsync always", "--maxmemory-policy noeviction"]) expect(command).toContain(setting);
    expect(command).toMatch(/--maxmemory \$\{REDIS_MAXMEMORY:-[1-9]\d*[mg]b\} /);
  });

  it("takes Postgres to be healthy when it can be reached over the network, as migrations reach it", () => {
    expect(read("docker-compose.yml")).toMatch(/^      test: pg_isready -h 127\.0\.0\.1 /m);
  });

  it("hands the admin token to the console, and to nobody that strangers talk to", () => {
    const [before = "", console = ""] = read("docker-compose.yml").split(/^  console:$/m);
    expect(before).toMatch(/^    ADMIN_TOKEN: ""$/m);
    expect(before).not.toContain("${ADMIN_TOKEN");
    expect(console).toMatch(/^      ADMIN_TOKEN: \$\{ADMIN_TOKEN:\?/m);
  });

  it("gives a process longer to stop than it takes, with the drain that the guide recommends", () => {
    const recommended = Number(/times the failures that it waits for, and some; (\d+) is right for most/.exec(read("docs/operating.md"))?.[1]);
    expect(Number.parseInt(shown.get("STOP_GRACE")?.value ?? "", 10)).toBeGreaterThan(LONGEST_STOP_SECONDS + recommended);
    expect(read("docker-compose.yml")).toContain("stop_grace_period: ${STOP_GRACE:-");
  });
});

describe("the guide for operators", () => {
  it.each(["ingest", "worker", "console", "migrate"])("starts %s without Docker as its image does", (target) => {
    const [, command = "[]"] = new RegExp(`^FROM runtime AS ${target}\\n(?:.+\\n)*?CMD (\\[.+\\])$`, "m").exec(read("Dockerfile")) ?? [];
    const [program, ...args] = z.array(z.string()).parse(JSON.parse(command));
    expect(program).toBe("node");
    expect(read("docs/operating.md")).toMatch(new RegExp(`^node --env-file=\\S+ ${args.join(" ")}(?: |$)`, "m"));
  });

  it("has every index that a migration makes on tables with rows made beforehand, under the same name", () => {
    const [, ...later] = readdirSync(join(ROOT, "prisma/migrations")).filter((name) => /^\d/.test(name)).toSorted();
    const made = later.flatMap((name) => [...read(`prisma/migrations/${name}/migration.sql`).matchAll(/^CREATE INDEX(.*);$/gm)].map(([, index = ""]) => index.replaceAll('"', "")));
    const beforehand = [...read("docs/operating.md").matchAll(/^CREATE INDEX CONCURRENTLY(.*);$/gm)].map(([, index]) => index);
    expect(made.length).toBeGreaterThan(0);
    expect(beforehand.toSorted()).toEqual(made.toSorted());
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

/** Each variable's value, and the paragraph that it stands in: a comment, and what the comment is about. */
function shownIn(text: string): ReadonlyMap<string, { readonly value: string; readonly comment: string }> {
  const paragraphs = text.split(/\n\n+|(?<=^#?[A-Z_]+=.*)\n(?=# )/m);
  return new Map(
    paragraphs.flatMap((paragraph) => {
      return [...paragraph.matchAll(/^#?([A-Z_]+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, { value, comment: paragraph }] as const);
    }),
  );
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}
