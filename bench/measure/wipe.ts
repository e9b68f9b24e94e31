import { setTimeout as pause } from "node:timers/promises";
import { isLockNotHad } from "@mara/store";
import pg from "pg";

const PAUSE_MS = 20;
const TABLES =
  "contacts, contact_redirects, identities, subjects, events, erased_events, deliveries, payloads, delivery_counts, connector_health";

/** Empties what the events of a round left, so that each begins alike. Whoever works on it meanwhile is waited for. */
export async function wipe(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  // Unheard, a connection that breaks would end the bench without a word of what came before.
  client.on("error", () => undefined);
  await client.connect();
  try {
    while (!(await wipeUnlessInUse(client))) await pause(PAUSE_MS);
  } finally {
    await client.end();
  }
}

/**
 * All tables at once or none: a worker that has just started sweeps them in another order, and each would wait for the other.
 * Answers whether they were to be had.
 */
async function wipeUnlessInUse(client: pg.Client): Promise<boolean> {
  try {
    await client.query(`
      BEGIN;
      LOCK TABLE ${TABLES}, streams NOWAIT;
      TRUNCATE ${TABLES};
      UPDATE streams SET last_seq = 0;
      COMMIT`);
    return true;
  } catch (error) {
    await client.query("ROLLBACK");
    if (isLockNotHad(error)) return false;
    throw error;
  }
}
