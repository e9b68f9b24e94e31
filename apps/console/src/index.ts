export { createConsole } from "./app.ts";
export type { Backing } from "./backing.ts";
