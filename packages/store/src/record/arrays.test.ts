import { afterAll, beforeAll, expect, it } from "@jest/globals";
import pg from "pg";
import { freshDatabase } from "../../../../test/support/services.ts";
import { arrays, bigint, bool, jsonb, text, time, uuid } from "./arrays.ts";

let database: Awaited<ReturnType<typeof freshDatabase>>;
let client: pg.Client;
beforeAll(async () => {
  database = await freshDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

async function roundTrip(type: string, values: Buffer[]): Promise<unknown[]> {
  const { rows } = await client.query<{ value: unknown }>(`SELECT value FROM unnest($1::${type}[]) AS u(value)`, values);
  return rows.map((row) => row.value);
}

const ID = "01a20df1-5ce8-7368-91b4-ad968b52a171";
const TEXTS = ['a "quoted" {one}, with \\ and ü 🐟', "", null, "NULL"];
const DOCUMENTS = [{ a: [1, "ü", null, { "b c": true }] }, {}, null];
const TIMES = [0, 946_684_800_000, 1_793_491_200_123, -62_135_596_800_000];

it.each([
  ["text", arrays(TEXTS, text((value) => value)), TEXTS],
  ["uuid", arrays([ID, null], uuid((value) => value)), [ID, null]],
  ["jsonb", arrays(DOCUMENTS, jsonb((value) => value)), DOCUMENTS],
  ["timestamptz", arrays([...TIMES, null], time((value) => value)), [...TIMES.map((at) => new Date(at)), null]],
  ["bigint", arrays([0n, -1n, 9_007_199_254_740_993n, 7], bigint((value) => value)), ["0", "-1", "9007199254740993", "7"]],
  ["bool", arrays([true, false], bool((value) => value)), [true, false]],
])("an array of %s reaches Postgres as it is", async (type, encoded, expected) => {
  expect(await roundTrip(type, encoded)).toEqual(expected);
});

it("an empty array is empty", async () => {
  expect(await roundTrip("text", arrays<string>([], text((value) => value)))).toEqual([]);
});

it("what is no UUID is refused before it is sent", () => {
  expect(() => arrays(["not-a-uuid"], uuid((value) => value))).toThrow("not a UUID");
});
