import { UnreadableEvent, type Connector, type ProviderEvent } from "@mara/connectors";
import type { Logger } from "@mara/runtime";

/** What the mapping tables alone say of an event. */
export interface TableReading {
  /** Why it becomes nothing; null where it becomes a moment, or where its history decides. */
  readonly ignored: string | null;
  /** Whether it says something all the same that the worker has to record. */
  readonly hasFacts: boolean;
}

/**
 * An event that can't be understood is not for ingest to refuse: its signature is right. The worker fails it, once, with
 * its reason, and keeps it for replay.
 */
export function readTable(connector: Connector, event: ProviderEvent, log: Logger): TableReading {
  try {
    const { table, facts } = connector.normalise(event);
    return { ignored: table.kind === "ignored" ? table.reason : null, hasFacts: facts !== null };
  } catch (error) {
    // Its message may quote the event; its name can't.
    if (!(error instanceof UnreadableEvent)) log.error({ type: nameOf(error) }, "a mapping failed");
    return { ignored: null, hasFacts: true };
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
