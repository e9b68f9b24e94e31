import { connectRedis, workEvents } from "@mara/queue";

/** A worker that takes a job and never finishes it: to be killed. Started as a process of its own, with the URL of its Redis. */
const connection = connectRedis(process.argv[2] ?? "", "worker", () => undefined);
workEvents(connection, { shards: 1, concurrency: 1, lockDuration: 1_000 }, {
  work: () => new Promise(() => undefined),
  failed: async () => undefined,
  permanent: () => false,
  onError: () => undefined,
});
