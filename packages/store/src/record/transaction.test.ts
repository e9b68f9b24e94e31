import { afterAll, beforeAll, beforeEach, expect, it, jest } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { Socket } from "node:net";
import { freshDatabase } from "../../../../test/support/services.ts";
import { readKeyring } from "../keyring.ts";
import { openStore, type Store } from "../open-store.ts";
import { isPassing } from "./passing.ts";
import { Transaction } from "./transaction.ts";

const PATIENCE_MS = 700;

let database: Awaited<ReturnType<typeof freshDatabase>>;
let store: Store;
let pool: Store["pool"];
beforeAll(async () => {
  database = await freshDatabase();
  store = openStore({ databaseUrl: database.url, keyring: readKeyring(randomBytes(32).toString("base64")) });
  pool = store.pool;
  await pool.query("CREATE TABLE said (id serial PRIMARY KEY, word text UNIQUE)");
});
beforeEach(() => pool.query("TRUNCATE said RESTART IDENTITY"));
afterAll(async () => {
  await store.close();
  await database.drop();
});

/** A connection with a transaction begun on it, and given back in the end. */
async function withTransaction(work: (transaction: Transaction) => Promise<void>): Promise<void> {
  const client = await pool.connect();
  client.on("error", () => undefined);
  const transaction = new Transaction(client, PATIENCE_MS);
  try {
    await transaction.query("BEGIN");
    await work(transaction);
  } finally {
    client.release(true);
  }
}

function say(transaction: Transaction, word: string) {
  return transaction.query({ text: "INSERT INTO said (word) VALUES ($1)", values: [word] });
}

async function said(): Promise<string[]> {
  const { rows } = await pool.query<{ word: string }>("SELECT word FROM said ORDER BY id");
  return rows.map(({ word }) => word);
}

it("statements run in the order in which they were asked for", async () => {
  const words = Array.from({ length: 40 }, (_, i) => `word ${i}`);
  await withTransaction(async (transaction) => {
    await Promise.all(words.map((word) => say(transaction, word)));
    await transaction.commit();
  });
  expect(await said()).toEqual(words);
});

it("a statement that is asked for when another is answered waits for those that were asked for before", async () => {
  await withTransaction(async (transaction) => {
    const first = say(transaction, "first").then(() => say(transaction, "last"));
    await Promise.all([first, ...["second", "third", "fourth", "fifth"].map((word) => say(transaction, word))]);
    await transaction.commit();
  });
  expect(await said()).toEqual(["first", "second", "third", "fourth", "fifth", "last"]);
});

it("a statement is sent while the one before it runs", async () => {
  await withTransaction(async (transaction) => {
    const written = jest.spyOn(Socket.prototype, "write");
    const answers = Promise.all([transaction.query("SELECT pg_sleep(0.05)"), transaction.query("SELECT 'the second'")]);
    const sent = written.mock.calls.map(([chunk]) => String(chunk)).join();
    written.mockRestore();
    expect(sent).toContain("pg_sleep");
    expect(sent).toContain("the second");
    await answers;
  });
});

it("whichever statement is asked, the answer is what the first that failed met with", async () => {
  await withTransaction(async (transaction) => {
    const answers = await Promise.allSettled([
      say(transaction, "once"),
      say(transaction, "once"),
      say(transaction, "twice"),
      say(transaction, "thrice"),
      say(transaction, "more"),
    ]);
    expect(answers.map((answer) => (answer.status === "fulfilled" ? "done" : answer.reason.code))).toEqual([
      "done",
      "23505",
      "23505",
      "23505",
      "23505",
    ]);
    await expect(say(transaction, "later")).rejects.toMatchObject({ code: "23505" });
    await transaction.rollBack();
  });
  expect(await said()).toEqual([]);
});

it("a failure that nobody minded is not committed over", async () => {
  await withTransaction(async (transaction) => {
    await say(transaction, "kept?");
    await transaction.query("SELECT 1 / 0").catch(() => undefined);
    await expect(transaction.commit()).rejects.toThrow("division by zero");
    await transaction.rollBack();
  });
  expect(await said()).toEqual([]);
});

it.each([
  ["committed", (transaction: Transaction) => transaction.commit(), ["first"]],
  ["rolled back", (transaction: Transaction) => transaction.rollBack(), []],
])("once it is %s, nothing runs on its connection", async (_how, end, left) => {
  await withTransaction(async (transaction) => {
    await say(transaction, "first");
    await end(transaction);
    await expect(say(transaction, "late")).rejects.toThrow("the transaction is over");
  });
  expect(await said()).toEqual(left);
});

it("statements that take long one after the other have each their own time", async () => {
  await withTransaction(async (transaction) => {
    const naps = Array.from({ length: 4 }, () => transaction.query(`SELECT pg_sleep(${(PATIENCE_MS * 0.6) / 1_000})`));
    await expect(Promise.all(naps)).resolves.toHaveLength(4);
  });
});

it("a statement that is not answered in time costs the connection, and those behind it go with it", async () => {
  await withTransaction(async (transaction) => {
    const answers = await Promise.allSettled([transaction.query("SELECT pg_sleep(60)"), say(transaction, "behind")]);
    expect(answers.map((answer) => answer.status === "rejected" && isPassing(answer.reason))).toEqual([true, true]);
  });
  expect(await said()).toEqual([]);
});
