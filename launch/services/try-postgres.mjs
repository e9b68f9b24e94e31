import { codeOf } from "@mara/runtime";
import pg from "pg";

/**
 * Connects to Postgres once, and hangs up. Plain JavaScript, because the images have nothing that runs TypeScript.
 * @param {string} connectionString
 * @param {number} connectionTimeoutMillis
 * @returns {Promise<unknown>} what is in the way; null where nothing is
 */
export async function tryPostgres(connectionString, connectionTimeoutMillis) {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis });
  client.on("error", () => {});
  try {
    await client.connect();
    return null;
  } catch (error) {
    return error;
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * What `tryPostgres` answered, in words. A refusal of several addresses comes as several errors in one, with a code and no words.
 * @param {unknown} trouble
 * @returns {string}
 */
export function wordsFor(trouble) {
  return trouble instanceof Error && trouble.message !== "" ? trouble.message : codeOf(trouble);
}
