export { createConsole } from "./app.ts";
export type { Backing } from "./backing.ts";
export { namesIn } from "./names-in.ts";
