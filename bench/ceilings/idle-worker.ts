import { Worker } from "bullmq";
import { Redis } from "ioredis";

// The ceiling of the worker: takes each job and does nothing with it.
const connection = new Redis(process.env.REDIS_URL ?? "", { maxRetriesPerRequest: null });
new Worker(process.env.QUEUE ?? "", async () => undefined, {
  connection,
  prefix: process.env.PREFIX ?? "bull",
  concurrency: 256,
  removeOnComplete: { count: 0 },
});
