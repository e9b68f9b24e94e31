import type { Desk } from "@mara/queue";
import type { Logger } from "@mara/runtime";
import type { Store } from "@mara/store";

/** What stands behind the console: `main.ts` opens it, tests open their own. */
export interface Backing {
  readonly store: Store;
  readonly desk: Desk;
  readonly log: Logger;
  readonly adminToken: string;
  /** Base of the webhook URLs shown to people, without a slash at its end. */
  readonly publicUrl: string;
  /** Where ingest is reached from here, without a slash at its end. */
  readonly ingestUrl: string;
}
