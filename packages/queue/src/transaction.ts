import type { IRedisClient, IRedisTransaction } from "bullmq";

export type Answer = readonly [error: Error | null, value: unknown];

/** Puts commands into a transaction, the same ones whenever it is asked to. */
export type Fill = (commands: IRedisTransaction) => Promise<void>;

export interface Done {
  /** What the commands answered, in their order. */
  readonly answers: readonly Answer[];
  /** Whether as many replicas as were asked for have all of it. Where not, it stands on the primary all the same. */
  readonly isReplicated: boolean;
}

/** Far above what a replica takes for its answer, and far below what a delivery may wait for its own. */
const WAIT_MS = 300;

/** Runs commands as a transaction, so that Redis writes and syncs its file once for all of them, however many reads they take. */
export async function runTransaction(client: IRedisClient, fill: Fill): Promise<Done> {
  const commands = client.multi();
  await fill(commands);
  const answers = (await commands.exec()) ?? [];
  return { answers: answers.some(isUnknownScript) ? await runOneByOne(client, fill) : answers, isReplicated: true };
}

/**
 * The same, and waits until `replicas` replicas have it, and all that this primary was told before. A replica with
 * `appendfsync always` says so once it is on its disk, as a primary does.
 * @param findPrimary any command for the same primary. ioredis learns from its answer where the primary has moved to.
 */
export async function runReplicated(
  client: IRedisClient,
  replicas: number,
  fill: Fill,
  findPrimary: () => Promise<unknown>,
): Promise<Done> {
  try {
    const done = await runAndWait(client, replicas, fill);
    if (!done.answers.some(isUnknownScript)) return done;
    await runOneByOne(client, fill);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith("MOVED"))) throw error;
    await findPrimary();
  }
  return runAndWait(client, replicas, fill);
}

/**
 * `WAIT` speaks of what its own connection wrote, so it travels with the transaction: sent by itself it could meet a new
 * connection or, after a failover, another primary, and would be answered at once that there is nothing to wait for.
 */
async function runAndWait(client: IRedisClient, replicas: number, fill: Fill): Promise<Done> {
  const commands = client.pipeline();
  // As commands of the pipeline: in a transaction of ioredis' own nothing can stand behind the EXEC.
  commands.runCommand("multi", []);
  await fill(commands);
  commands.runCommand("exec", []);
  commands.runCommand("wait", [replicas, WAIT_MS]);
  const answers = (await commands.exec()) ?? [];

  // Of a transaction that was thrown away, the first error says why; EXEC says only that it was.
  const [failure = null] = answers.find(([error]) => error !== null) ?? [];
  if (failure !== null) throw failure;
  const [done, reached] = answers.slice(-2).map(([, value]: Answer) => value);
  if (!Array.isArray(done)) throw new Error("the transaction was not run");
  return {
    answers: done.map((value: unknown): Answer => (value instanceof Error ? [value, null] : [null, value])),
    isReplicated: Number(reached) >= replicas,
  };
}

/**
 * ioredis holds a script to be known once it was sent, also where the transaction was thrown away or Redis has forgotten it
 * since. Outside of a transaction it finds out.
 */
async function runOneByOne(client: IRedisClient, fill: Fill): Promise<readonly Answer[]> {
  const commands = client.pipeline();
  await fill(commands);
  return (await commands.exec()) ?? [];
}

function isUnknownScript([error]: Answer): boolean {
  return error?.message.startsWith("NOSCRIPT") ?? false;
}
