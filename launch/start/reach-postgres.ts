import { codeOf } from "@mara/runtime";
import pg from "pg";
import { setTimeout as pause } from "node:timers/promises";
import { Problem } from "../problem.ts";

/** One that is just starting is waited for. */
const PATIENCE_MS = 10_000;
/** Nobody listens yet, or it says that it starts: `cannot_connect_now`. */
const STARTING = new Set(["ECONNREFUSED", "57P03"]);

/** Resolves when a Postgres that is not our own takes us in. Throws `Problem`, with what is in the way, where it does not. */
export async function untilPostgresAnswers(databaseUrl: string, patienceMs: number = PATIENCE_MS): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const trouble = await connect(databaseUrl, patienceMs);
    if (trouble === null) return;
    if (!STARTING.has(codeOf(trouble)) || performance.now() > deadline) {
      // A refusal of several addresses comes as several errors in one, with a code and no words.
      const words = trouble instanceof Error && trouble.message !== "" ? trouble.message : codeOf(trouble);
      throw new Problem(`DATABASE_URL: Postgres can't be reached: ${words}. Start it or mend the URL, or leave DATABASE_URL unset to have one brought along.`, {
        cause: trouble,
      });
    }
    await pause(200);
  }
}

/** What is in the way; null where nothing is. */
async function connect(connectionString: string, connectionTimeoutMillis: number): Promise<unknown> {
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
