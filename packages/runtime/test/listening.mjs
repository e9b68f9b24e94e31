import { createLogger, listenOrEnd } from "@mara/runtime";

// A process that listens on the host and the port in argv.
const [, , host = "", port] = process.argv;
await listenOrEnd((_request, response) => response.end(), {
  host,
  port: Number(port),
  variable: "INGEST_PORT",
  log: createLogger("listening", "info"),
});
process.stdout.write("listening\n");
