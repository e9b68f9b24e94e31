import type { Desk, RedisConnection } from "@mara/queue";
import type { Logger } from "@mara/runtime";
import type { Store } from "@mara/store";

/** What stands behind the console: `main.ts` opens it, tests open their own. */
export interface Backing {
  readonly store: Store;
  readonly desk: Desk;
  /** Of the purpose producer: it fails fast. */
  readonly redis: RedisConnection;
  readonly log: Logger;
  readonly adminToken: string;
  /** Base of the webhook URLs shown to people, without a slash at its end. */
  readonly publicUrl: string;
  /** Where ingest is reached from here, without a slash at its end. */
  readonly ingestUrl: string;
  /** The proxies whose word on a visitor's address and on HTTPS is taken, as Express' `trust proxy` has them. */
  readonly trustedProxies: string;
  /** Aborts when the console stops. Pages that are kept fresh are let go then: they would never end by themselves. */
  readonly stopping: AbortSignal;
}
