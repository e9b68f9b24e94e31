import type { TenantSecrets } from "@mara/store";

/** Loads the secrets of tenants. One that is missing in the answer does not exist. */
export type LoadSecrets = (tenantIds: readonly string[]) => Promise<ReadonlyMap<string, TenantSecrets>>;

const MOST_AT_ONCE = 500;
const MOST_WAITING = 5_000;
const DEADLINE_MS = 2_000;

interface Waiting {
  readonly tenantId: string;
  resolve(secrets: TenantSecrets | undefined): void;
  reject(error: unknown): void;
}

/**
 * Loads one tenant's secrets at a time for its caller, and many at a time for Postgres: what is asked for while a query is
 * under way goes into the next. Rejects after two seconds, and at once where too many wait.
 */
export function createSecretLoader(load: LoadSecrets): (tenantId: string) => Promise<TenantSecrets | undefined> {
  let waiting: Waiting[] = [];
  let running = false;

  async function drain(): Promise<void> {
    running = true;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MOST_AT_ONCE);
      waiting = waiting.slice(MOST_AT_ONCE);
      try {
        const secrets = await load([...new Set(batch.map(({ tenantId }) => tenantId))]);
        for (const { tenantId, resolve } of batch) resolve(secrets.get(tenantId));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    running = false;
  }

  return (tenantId) =>
    new Promise((resolve, reject) => {
      if (waiting.length >= MOST_WAITING) {
        reject(new Error("too many tenants' secrets are asked for at once"));
        return;
      }
      const deadline = setTimeout(() => reject(new Error("secrets were not loaded in time")), DEADLINE_MS);
      waiting.push({
        tenantId,
        resolve: (secrets) => {
          clearTimeout(deadline);
          resolve(secrets);
        },
        reject: (error) => {
          clearTimeout(deadline);
          reject(error);
        },
      });
      if (!running) setImmediate(() => void (running || drain()));
    });
}
