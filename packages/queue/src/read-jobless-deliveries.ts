import { setTimeout as pause } from "node:timers/promises";
import { v7 as uuid } from "uuid";
import { z } from "zod";
import { duplicate, runAll, type Command, type RedisConnection } from "./connection.ts";
import { ENTRY_FIELD, inEntries, joblessDeliveryBatch, type JoblessDelivery } from "./jobless-delivery.ts";
import { JOBLESS_DELIVERIES_KEY } from "./keys.ts";

export interface JoblessDeliveryReading {
  /**
   * Keeps a batch of up to a few hundred jobless deliveries, and answers those of them that have to wait: they come again, behind
   * the others. May get the same ones again where it throws: it must be idempotent.
   */
  keep(deliveries: readonly JoblessDelivery[]): Promise<readonly JoblessDelivery[]>;
  onError(error: Error): void;
}

export interface JoblessDeliveryReadingOptions {
  /** For how many milliseconds a reader must have been silent to be taken for one that died. Default an hour. */
  readonly goneAfter?: number;
}

const GROUP = "workers";
const ENTRIES_AT_ONCE = 5;
const BLOCK_MS = 5_000;
/** What a reader has not acknowledged for so long is given to another. */
const ABANDONED_MS = 60_000;
const CLAIM_EVERY_MS = 30_000;
const PAUSE_MS = 1_000;
/** How long closing waits for Redis to forget the reader. One that it still knows then is found by the others. */
const FORGET_MS = 1_000;

/**
 * Forgets readers that owe nothing: the one of a name, and those that were silent for so long. Looking and forgetting are one
 * step, because with a reader Redis forgets what was handed to it and is not yet acknowledged.
 *
 * Silent is what `XINFO CONSUMERS` calls idle. From Redis 7.2 on every read ends it, before that only one that found
 * something, or looked at what the reader has already: which a living reader does each time it claims.
 */
const FORGET = `
for _, fields in ipairs(redis.call("XINFO", "CONSUMERS", KEYS[1], ARGV[1])) do
  local reader = {}
  for i = 1, #fields, 2 do reader[fields[i]] = fields[i + 1] end
  if reader.pending == 0 and (reader.name == ARGV[2] or reader.idle >= tonumber(ARGV[3])) then
    redis.call("XGROUP", "DELCONSUMER", KEYS[1], ARGV[1], reader.name)
  end
end`;

/** `[[stream, [[id, [field, value, …]], …]]]`; null where nothing came. The fields of an entry that was dropped are null. */
const entriesRead = z
  .array(z.tuple([z.string(), z.array(z.tuple([z.string(), z.array(z.string()).nullable()]))]))
  .nullable()
  .transform((streams) => streams?.flatMap(([, entries]) => entries) ?? []);

type Entry = z.infer<typeof entriesRead>[number];

/**
 * Hands the jobless deliveries of all ingest processes to `keep`, in batches; each goes to one of the processes that read.
 * Those that could not be kept come again.
 * @param connection of purpose `worker`; a blocking connection of its own is made from it.
 */
export function readJoblessDeliveries(
  connection: RedisConnection,
  reading: JoblessDeliveryReading,
  { goneAfter = 3_600_000 }: JoblessDeliveryReadingOptions = {},
): { close(): Promise<void> } {
  const closing = new AbortController();
  const reader = duplicate(connection);
  reader.on("error", (error: Error) => reading.onError(error));
  const consumer = uuid();
  let keeping: Promise<void> | null = null;

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        await makeGroup();
        await readOn();
      } catch (cause) {
        if (closing.signal.aborted) return;
        reading.onError(new Error("jobless deliveries could not be kept; they come again", { cause }));
        await pause(PAUSE_MS, undefined, { signal: closing.signal }).catch(() => undefined);
      }
    }
  }

  async function makeGroup(): Promise<void> {
    try {
      await reader.xgroup("CREATE", JOBLESS_DELIVERIES_KEY, GROUP, "0", "MKSTREAM");
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith("BUSYGROUP"))) throw error;
    }
  }

  /** First what this reader has and could not keep, then what is new. */
  async function readOn(): Promise<void> {
    let claimAt = 0;
    let from = "0";
    while (!closing.signal.aborted) {
      if (Date.now() >= claimAt) {
        await reader.xautoclaim(JOBLESS_DELIVERIES_KEY, GROUP, consumer, ABANDONED_MS, "0", "COUNT", 100, "JUSTID");
        await forget(reader, "");
        claimAt = Date.now() + CLAIM_EVERY_MS;
        from = "0";
      }
      const entries = await read(from);
      if (closing.signal.aborted) return;
      if (entries.length > 0) await (keeping = keep(entries));
      else from = ">";
    }
  }

  async function read(from: string): Promise<Entry[]> {
    const reply: unknown = await reader.xreadgroup(
      "GROUP", GROUP, consumer, "COUNT", ENTRIES_AT_ONCE, "BLOCK", BLOCK_MS, "STREAMS", JOBLESS_DELIVERIES_KEY, from,
    );
    return entriesRead.parse(reply);
  }

  async function keep(entries: readonly Entry[]): Promise<void> {
    const deliveries = entries.flatMap(([, fields]) => deliveriesOf(fields));
    const left = deliveries.length > 0 ? await reading.keep(deliveries) : [];
    const ids = entries.map(([id]) => id);
    await runAll(connection, [
      ...inEntries(left).map((entry): Command => ["xadd", JOBLESS_DELIVERIES_KEY, "*", ENTRY_FIELD, JSON.stringify(entry)]),
      ["xack", JOBLESS_DELIVERIES_KEY, GROUP, ...ids],
      ["xdel", JOBLESS_DELIVERIES_KEY, ...ids],
    ]);
  }

  async function forget(through: RedisConnection, name: string): Promise<void> {
    await runAll(through, [["eval", FORGET, 1, JOBLESS_DELIVERIES_KEY, GROUP, name, goneAfter]]);
  }

  void run();
  return {
    close: async () => {
      closing.abort();
      // Nobody waits for the read itself: where its connection was about to come back, it would never be settled.
      reader.disconnect();
      // What is being kept is acknowledged on the other connection. Without Redis it comes again.
      if (connection.status === "ready") await keeping?.catch(() => undefined);
      if (connection.status !== "ready") return;
      // What Redis hands to the read that just ended makes the reader known again: with something pending, which others claim.
      const forgotten = forget(connection, consumer).catch(() => undefined);
      await Promise.race([forgotten, pause(FORGET_MS, undefined, { ref: false })]);
    },
  };
}

/** What is no batch of jobless deliveries is dropped: nobody will ever understand it. */
function deliveriesOf(fields: readonly string[] | null): JoblessDelivery[] {
  const text = fields?.[1];
  if (text === undefined) return [];
  try {
    return joblessDeliveryBatch.parse(JSON.parse(text));
  } catch {
    return [];
  }
}
