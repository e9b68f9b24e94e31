import { setTimeout as pause } from "node:timers/promises";
import { v7 as uuid } from "uuid";
import { z } from "zod";
import { duplicate, runAll, type RedisConnection } from "./connection.ts";
import { TRACES_KEY } from "./keys.ts";
import { traceBatch, type Trace } from "./trace.ts";

export interface TraceReading {
  /** Keeps a batch of up to a few hundred traces. May get the same ones again: it must be idempotent. */
  keep(traces: readonly Trace[]): Promise<void>;
  onError(error: Error): void;
}

export interface TraceReadingOptions {
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
 * Hands the traces of all ingest processes to `keep`, in batches; each goes to one of the processes that read.
 * Traces that could not be kept come again.
 * @param connection of purpose `worker`; a blocking connection of its own is made from it.
 */
export function readTraces(
  connection: RedisConnection,
  reading: TraceReading,
  { goneAfter = 3_600_000 }: TraceReadingOptions = {},
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
        reading.onError(new Error("traces could not be kept; they come again", { cause }));
        await pause(PAUSE_MS, undefined, { signal: closing.signal }).catch(() => undefined);
      }
    }
  }

  async function makeGroup(): Promise<void> {
    try {
      await reader.xgroup("CREATE", TRACES_KEY, GROUP, "0", "MKSTREAM");
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
        await reader.xautoclaim(TRACES_KEY, GROUP, consumer, ABANDONED_MS, "0", "COUNT", 100, "JUSTID");
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
      "GROUP", GROUP, consumer, "COUNT", ENTRIES_AT_ONCE, "BLOCK", BLOCK_MS, "STREAMS", TRACES_KEY, from,
    );
    return entriesRead.parse(reply);
  }

  async function keep(entries: readonly Entry[]): Promise<void> {
    const traces = entries.flatMap(([, fields]) => tracesOf(fields));
    if (traces.length > 0) await reading.keep(traces);
    const ids = entries.map(([id]) => id);
    await runAll(connection, [
      ["xack", TRACES_KEY, GROUP, ...ids],
      ["xdel", TRACES_KEY, ...ids],
    ]);
  }

  async function forget(through: RedisConnection, name: string): Promise<void> {
    await runAll(through, [["eval", FORGET, 1, TRACES_KEY, GROUP, name, goneAfter]]);
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

/** What is no batch of traces is dropped: nobody will ever understand it. */
function tracesOf(fields: readonly string[] | null): Trace[] {
  const text = fields?.[1];
  if (text === undefined) return [];
  try {
    return traceBatch.parse(JSON.parse(text));
  } catch {
    return [];
  }
}
