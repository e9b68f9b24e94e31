import { createLogger, type Logger } from "@mara/runtime";
import { openStore, readKeyring, type Store } from "@mara/store";
import { freshDatabase } from "../../../test/support/services.ts";

export const SECRETS_KEY = Buffer.alloc(32, 7).toString("base64");

export const keyring = readKeyring(SECRETS_KEY);

/** A store on a migrated, empty database of its own. */
export async function testStore(): Promise<{ store: Store; url: string; close(): Promise<void> }> {
  const { url, drop } = await freshDatabase();
  const store = openStore({ databaseUrl: url, keyring });
  return {
    store,
    url,
    close: async () => {
      await store.close();
      await drop();
    },
  };
}

let tenants = 0;

/** A new tenant of its own; answers its id. */
export async function newTenant(store: Store): Promise<string> {
  const id = `tenant-${++tenants}`;
  await store.pool.query(`INSERT INTO tenants (id, name) VALUES ($1, $1)`, [id]);
  await store.pool.query(`INSERT INTO streams (tenant_id) VALUES ($1)`, [id]);
  return id;
}

/** Rows as the database has them. `$1` is the tenant. */
export async function rowsOf<Row extends object>(store: Store, tenantId: string, sql: string): Promise<Row[]> {
  const { rows } = await store.pool.query<Row>(sql, [tenantId]);
  return rows;
}

/** A log, and what was said in it. */
export function testLog(): { log: Logger; said: () => string[] } {
  const lines: string[] = [];
  return {
    log: createLogger("worker", "info", { write: (line) => void lines.push(line) }),
    said: () => lines.map((line) => String(JSON.parse(line).msg)),
  };
}

/** Waits until `holds` does. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}
