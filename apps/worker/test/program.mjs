import { createLogger, listen, untilSignal } from "@mara/runtime";
import { readKeyring } from "@mara/store";
import { startWorker } from "@mara/worker";

// A worker as a process of its own, to be killed: what it holds is taken over within seconds. Prints its URL. It is JavaScript
// because dozens are started in a test run: with TypeScript to be read, each would take twice as long to come up.
const [databaseUrl = "", redisUrl = "", clerkApiUrl = ""] = process.argv.slice(2);
const log = createLogger("worker", "warn", { write: (line) => void process.stderr.write(line) });
const worker = startWorker({
  databaseUrl,
  redisUrl,
  keyring: readKeyring(process.env.SECRETS_KEY),
  clerkApiUrl,
  log,
  shards: 1,
  maxBodyBytes: 1_048_576,
  lockDuration: 1_500,
  retention: { payloadDays: 30, deliveryDays: 90 },
});
await worker.ready();
const server = await listen(worker.app, { host: "127.0.0.1", port: 0 });
process.stdout.write(`${server.url}\n`);
untilSignal({ log, stop: { worker: () => worker.close(), server: () => server.close() } });
