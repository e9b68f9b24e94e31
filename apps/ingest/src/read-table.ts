import { UnreadableEvent, type Connector, type ProviderEvent } from "@mara/connectors";

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
 * @param onError hears of a mapping that failed, which is a fault of ours.
 */
export function readTable(connector: Connector, event: ProviderEvent, onError: (error: unknown) => void): TableReading {
  try {
    const { table, facts } = connector.normalise(event);
    return { ignored: table.kind === "ignored" ? table.reason : null, hasFacts: facts !== null };
  } catch (error) {
    if (!(error instanceof UnreadableEvent)) onError(error);
    return { ignored: null, hasFacts: true };
  }
}
