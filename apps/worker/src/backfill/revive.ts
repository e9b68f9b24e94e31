import type { Desk } from "@mara/queue";
import { codeOf, type Logger } from "@mara/runtime";
import { loadActiveBackfills, type Store } from "@mara/store";

/** How often it is looked for backfills that lost their job. */
const EVERY_MS = 60_000;
/** How soon again where that could not be done. */
const AGAIN_MS = 5_000;

/**
 * Puts backfills on the queue again that have no job any more: the process that began them may have been killed between
 * writing the row and adding the job, or Redis may have been emptied. So it does with those whose job was given up: a process
 * may have been killed before it wrote that down, and the row says what holds. One whose job is under way is left alone.
 */
export function reviveBackfills(store: Store, desk: Desk, log: Logger): { close(): Promise<void> } {
  let timer: NodeJS.Timeout | undefined;
  let isClosing = false;

  async function look(): Promise<void> {
    const isDone = await revive(store, desk).then(() => true, (error: unknown) => {
      log.warn({ code: codeOf(error) }, "could not look for backfills without a job");
      return false;
    });
    if (!isClosing) timer = setTimeout(() => (looking = look()), isDone ? EVERY_MS : AGAIN_MS);
  }

  let looking = look();
  return {
    close: async () => {
      isClosing = true;
      clearTimeout(timer);
      await looking;
    },
  };
}

async function revive(store: Store, desk: Desk): Promise<void> {
  for (const { tenantId, id } of await loadActiveBackfills(store)) await desk.startBackfill(tenantId, id);
}
