import { codeOf } from "@mara/runtime";
import { setTimeout as pause } from "node:timers/promises";
import { Problem } from "../problem.ts";
import { tryPostgres, wordsFor } from "../services/try-postgres.mjs";

/** One that is just starting is waited for. */
const PATIENCE_MS = 10_000;
/** Nobody listens yet, or it says that it starts: `cannot_connect_now`. */
const STARTING = new Set(["ECONNREFUSED", "57P03"]);

/** Resolves when a Postgres that is not our own takes us in. Throws `Problem`, with what is in the way, where it does not. */
export async function untilPostgresAnswers(databaseUrl: string, patienceMs: number = PATIENCE_MS): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const trouble = await tryPostgres(databaseUrl, patienceMs);
    if (trouble === null) return;
    if (!STARTING.has(codeOf(trouble)) || performance.now() > deadline) {
      throw new Problem(`DATABASE_URL: Postgres can't be reached: ${wordsFor(trouble)}. Start it or mend the URL, or leave DATABASE_URL unset to have one brought along.`, {
        cause: trouble,
      });
    }
    await pause(200);
  }
}
