import type { UpkeepWork } from "@mara/queue";
import type { Logger } from "@mara/runtime";
import { resealSecrets, sweepOld, type RetentionPolicy, type Store } from "@mara/store";
import { codeOf } from "./record/index.ts";

/** What the scheduled jobs do: remove what is past its time, and seal with the newest key what an older one sealed. */
export function upkeepWork(store: Store, policy: RetentionPolicy, failed: UpkeepWork["failed"], log: Logger): UpkeepWork {
  return {
    sweepOld: async () => {
      log.info({ ...(await sweepOld(store, policy)) }, "what was past its time is gone");
      await resealSecrets(store);
    },
    failed,
    onError: (error) => log.warn({ code: codeOf(error) }, "the upkeep queue has trouble"),
  };
}
