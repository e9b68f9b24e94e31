export { createApp } from "./app.ts";
export type { AppOptions } from "./app.ts";
export { startIngest } from "./start-ingest.ts";
export type { IngestOptions, RunningIngest } from "./start-ingest.ts";
