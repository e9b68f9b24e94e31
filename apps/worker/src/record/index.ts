export { Closing, codeOf } from "./patience.ts";
export { createRecorder, UnknownTenant } from "./recorder.ts";
export type { Recorder, RecorderOptions } from "./recorder.ts";
export type { Listed, Projected } from "./project-people.ts";
export type { Written } from "./write-batch.ts";
