import { PROVIDERS } from "@mara/connectors";
import { z } from "zod";

/** What a form did, said once, in the row that it leads back to. */
export const DONE = {
  secret: "Saved. Deliveries that are signed with it are accepted from now on.",
  "secret-replaced": "Replaced. Put the new secret to use at the provider; the one before it goes on being accepted for as long as its badge says.",
  "secret-replaced-at-once": "Replaced. The one before it is accepted no more: put the new secret to use at the provider now.",
  "secret-replaced-many": "Replaced. Put the new secret to use at the provider now: no more than five count at once, so the oldest one is accepted no more, whatever its badge said.",
  "secret-same": "That is the secret in use already: nothing had to be replaced.",
  "secret-same-sooner": "That is the secret in use already; those before it are accepted for no longer than you chose.",
  "secret-again": "That secret was here before, and counts for good again; the one that was in use goes on being accepted for as long as its badge says.",
  "secret-again-at-once": "That secret was here before, and counts for good again; the one that was in use is accepted no more.",
  "api-key": "Saved. The next import uses this key.",
  "import-started": "The import has begun. How far it is, and how it ends, is shown below, beside the key.",
  "import-running": "An import is under way already.",
  "import-no-key": "There is no API key to import with. Paste one first.",
  "import-canceled": "Canceled. Whoever was imported so far stays.",
  "import-over": "No import was under way any more: nothing was canceled.",
  "signup-event": "Saved.",
  removed: "Removed. Contacts and events are still there.",
} as const satisfies Record<string, string>;

export type Done = keyof typeof DONE;

/** What the settings are told, once: what was done, and in whose row. */
export const doneThere = z.object({ provider: z.enum(PROVIDERS), said: z.string() });
export type DoneThere = z.output<typeof doneThere>;
