export { createRecorder } from "./recorder.ts";
export type { Recorder } from "./recorder.ts";
export type { Listed, Projected } from "./project-people.ts";
export type { Written } from "./write-batch.ts";
