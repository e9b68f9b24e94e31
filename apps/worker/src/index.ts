export { createPatience, createRecorder } from "./record/index.ts";
export type { Patience, Recorder, RecorderOptions } from "./record/index.ts";
export { startWorker } from "./worker.ts";
export type { RunningWorker, WorkerOptions } from "./worker.ts";
