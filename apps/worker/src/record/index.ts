export { Closing, createPatience } from "./patience.ts";
export type { Patience } from "./patience.ts";
export { createRecorder, UnknownTenant, Unrecordable } from "./recorder.ts";
export type { Recorder, RecorderOptions } from "./recorder.ts";
export type { Listed, Projected } from "./project-people.ts";
export type { Written } from "./decide-batch.ts";
