import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { PROVIDERS } from "@mara/connectors";
import { spawn, type ChildProcess } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readRunFile, type RunFile } from "../launch/run-file.ts";
import { commandOf } from "../launch/services/command-of.ts";
import { freePort } from "../launch/services/free-port.ts";

const ROOT = join(import.meta.dirname, "..");
const READY = "Ctrl-C stops everything.";
const STARTING_MS = 90_000;
const FREE = String(await freePort());

interface Program {
  readonly child: ChildProcess;
  /** All that it has written so far, to stdout and stderr. */
  output(): string;
  errors(): string;
  readonly ended: Promise<number | null>;
}

let dataDir: string;
let ports: Record<"INGEST_PORT" | "CONSOLE_PORT" | "WORKER_PORT", string>;
let system: Program;
/** The types of all events, in the order recorded, before the first stop. */
let recorded: string[];

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "mara-start-"));
  await chmod(dataDir, 0o755);
  ports = { INGEST_PORT: String(await freePort()), CONSOLE_PORT: String(await freePort()), WORKER_PORT: String(await freePort()) };
  system = await started();
}, STARTING_MS);

afterAll(async () => {
  system.child.kill("SIGTERM");
  await system.ended;
  await rm(dataDir, { recursive: true, force: true });
}, STARTING_MS);

describe("npm start", () => {
  it("prints where everything is, the admin token, the webhook URLs and what to do next", async () => {
    const { urls, adminToken } = await runFile();
    const expected = [
      ...Object.values(urls),
      adminToken,
      ...PROVIDERS.map((provider) => `http://localhost:${ports.INGEST_PORT}/api/webhooks/${provider}/demo`),
      "npm run sample -- stripe invoice.payment_failed",
      "npm run sample -- --story",
    ];
    for (const text of expected) expect(system.output()).toContain(text);
  });

  it("keeps its keys to its owner", async () => {
    for (const file of ["keys.json", "run.json"]) expect((await stat(join(dataDir, file))).mode & 0o777).toBe(0o600);
  });

  it("takes a first event through to its contact and its moment", async () => {
    const sample = run("launch/sample/main.ts", ["stripe", "invoice.payment_failed"]);
    expect(await sample.ended).toBe(0);
    expect(sample.output()).toMatch(/queued[\s\S]*processed[\s\S]*Ada Lovelace[\s\S]*payment-failed/);
  });

  it("plays the story through to everybody's moments", async () => {
    const story = run("launch/sample/main.ts", ["--story"]);
    expect(await story.ended).toBe(0);
    expect(momentsOf(story.output(), "Ada Lovelace")).toEqual([
      "user.created",
      "subscription-started",
      "trial-converted",
      "payment-failed",
      "payment-recovered",
      "payment-failed repeat",
      "subscription-upgraded",
      "purchase",
      "refund-issued",
      "refund-issued",
      "subscription-canceled",
      "user.deleted",
    ]);
    expect(momentsOf(story.output(), "Katherine Johnson")).toEqual(["purchase", "user.created", "purchase", "refund-issued"]);
    expect(momentsOf(story.output(), "Grace Hopper")).toEqual([
      "subscription-started",
      "user.created",
      "trial-converted",
      "payment-failed",
      "payment-recovered",
      "subscription-upgraded",
      "subscription-canceled",
      "subscription-canceled",
      "subscription-canceled repeat",
    ]);
  });

  it.each([
    [["stripe", "nothing.such"], "Stripe has no sample nothing.such"],
    [["nobody", "order.paid"], "There is no provider nobody"],
    [["--story", "twice"], "npm run sample -- --list"],
  ])("has no sample %j, and says what there is", async (args, line) => {
    const sample = run("launch/sample/main.ts", args);
    expect(await sample.ended).toBe(1);
    expect(sample.errors()).toContain(line);
  });

  it("says so when it runs already", async () => {
    const second = run("launch/start.ts");
    expect(await second.ended).toBe(1);
    expect(lines(second.errors())).toEqual([expect.stringContaining("running already")]);
  });

  it.each([
    ["names the variable of a port in use", {}, "INGEST_PORT"],
    ["names a malformed variable", { INGEST_PORT: "many" }, "INGEST_PORT must be a whole number"],
    ["names a malformed variable of the apps before it starts anything", { LEDGER_HOURS: "abc" }, "LEDGER_HOURS must be a whole number"],
    ["names a variable that is given twice", { INGEST_PORT: FREE, CONSOLE_PORT: FREE }, "INGEST_PORT and CONSOLE_PORT"],
    ["wants keys of its own in production", { NODE_ENV: "production" }, "SECRETS_KEY is required"],
  ])("%s, in one line", async (_what, env, line) => {
    const other = await mkdtemp(join(tmpdir(), "mara-start-"));
    const second = run("launch/start.ts", [], { DATA_DIR: other, ...env });
    expect(await second.ended).toBe(1);
    expect(lines(second.errors())).toEqual([expect.stringContaining(line)]);
    await rm(other, { recursive: true });
  });

  it.each(["ingest", "worker", "console", "redis", "postgres"])("brings back %s when it is killed, at the same address", async (name) => {
    const before = await runFile();
    process.kill(before.processes[name] ?? 0, "SIGKILL");
    await until(async () => (await runFile()).processes[name] !== before.processes[name] && (await allReady(before)));
    expect({ ...(await runFile()), processes: {} }).toEqual({ ...before, processes: {} });
  });

  it("has lost nothing by it, and goes on", async () => {
    const before = await eventTypes();
    const sample = run("launch/sample/main.ts", ["polar", "order.paid"]);
    expect(await sample.ended).toBe(0);
    recorded = await eventTypes();
    expect(recorded).toEqual([...before, "purchase"]);
    expect(before[0]).toBe("payment-failed");
  });

  it("goes on when nobody reads any more what it says", async () => {
    const before = await runFile();
    for (const output of [system.child.stdout, system.child.stderr]) output?.destroy();
    process.kill(before.processes.console ?? 0, "SIGKILL");
    await until(async () => (await readRunFile(dataDir))?.processes.console !== before.processes.console);
    await until(async () => allReady(await runFile()));
  });

  it("drains and ends with 0 on SIGTERM, and leaves nothing behind", async () => {
    const { processes } = await runFile();
    system.child.kill("SIGTERM");
    expect(await system.ended).toBe(0);
    expect(Object.values(processes).filter(isAlive)).toEqual([]);
    expect(await readRunFile(dataDir)).toBeNull();
  });

  it("ends with 0 as well where it is stopped while it starts", async () => {
    const early = run("launch/start.ts");
    await until(async () => early.output().includes("Starting"));
    early.child.kill("SIGTERM");
    expect(await early.ended).toBe(0);
    expect(early.output()).toContain("Stopped.");
  });

  it("ends in order as well where its terminal is closed", async () => {
    const early = run("launch/start.ts");
    await until(async () => early.output().includes("Starting"));
    for (const pid of [Number(await readFile(join(dataDir, "start.lock"), "utf8")), early.child.pid ?? 0]) process.kill(pid, "SIGHUP");
    expect(await early.ended).toBe(0);
    expect(early.output()).toContain("Stopped.");
  });

  it("finds everything as it was", async () => {
    const keys = await readFile(join(dataDir, "keys.json"), "utf8");
    system = await started();
    expect(await readFile(join(dataDir, "keys.json"), "utf8")).toBe(keys);
    expect(await eventTypes()).toEqual(recorded);
  }, STARTING_MS);

  it("starts again at once where it was killed with everything left running", async () => {
    const { processes } = await runFile();
    process.kill(Number(await readFile(join(dataDir, "start.lock"), "utf8")), "SIGKILL");
    await system.ended;
    system = await started();
    expect(Object.values(processes).filter(isAlive)).toEqual([]);
    expect(await eventTypes()).toEqual(recorded);
  }, STARTING_MS);
});

/** What `npm start` and `npm run sample` run, with the variables of this test and none of Jest's. */
function run(entry: string, args: readonly string[] = [], env: Record<string, string> = {}): Program {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, ["launch/bootstrap.mjs", entry, ...args], {
    cwd: ROOT,
    env: { PATH, HOME, CI: "true", DATA_DIR: dataDir, LOG_LEVEL: "warn", ...ports, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk: Buffer) => void (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => void (errors += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => void child.once("close", resolve));
  return { child, output: () => output, errors: () => errors, ended };
}

async function started(): Promise<Program> {
  const program = run("launch/start.ts");
  let over = false;
  void program.ended.then(() => {
    over = true;
  });
  await until(async () => over || program.output().includes(READY));
  if (over) throw new Error(`it ended:\n${program.output()}${program.errors()}`);
  return program;
}

async function runFile(): Promise<RunFile> {
  const file = await readRunFile(dataDir);
  if (file === null) throw new Error("it does not run");
  return file;
}

async function allReady({ urls }: RunFile): Promise<boolean> {
  const answers = await Promise.all(Object.values(urls).map((url) => fetch(`${url}/readyz`).then(({ ok }) => ok, () => false)));
  return answers.every(Boolean);
}

async function eventTypes(): Promise<string[]> {
  const { urls, adminToken } = await runFile();
  const answer = await fetch(`${urls.console}/api/tenants/demo/events?limit=200`, { headers: { authorization: `Bearer ${adminToken}` } });
  const { items }: { items: { type: string }[] } = await answer.json();
  return items.map(({ type }) => type);
}

/** What the table at the story's end has under somebody's name. */
function momentsOf(story: string, name: string): string[] {
  const table = story.slice(story.indexOf("Everything is sent"));
  const [, ...rows] = table.slice(table.indexOf(`\n${name}  `)).trimStart().split("\n");
  const end = rows.indexOf("");
  return rows.slice(0, end).flatMap((row) => {
    const [, type, repeat] = /^ {2}\d{4}-\d{2}-\d{2} {2}(\S+).*?(repeat)?$/.exec(row) ?? [];
    return type === undefined ? [] : [[type, repeat].filter(Boolean).join(" ")];
  });
}

/** One that has ended keeps its number until its parent, or who took it over, has heard of it: it runs no command any more. */
function isAlive(pid: number): boolean {
  return commandOf(pid) !== "";
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50));
}
