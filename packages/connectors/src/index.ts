export type { MaxAttributes } from "./attributes.ts";
export { readClerkUser, type ClerkUser } from "./clerk/index.ts";
export { mentionsIn, type Mentions } from "./mentions.ts";
export { looksSecret } from "./secret-names.ts";
export * from "./connector.ts";
export * from "./json.ts";
export * from "./moments.ts";
export { connectors, isProvider, PROVIDERS } from "./registry.ts";
export type { Provider, Roles } from "./registry.ts";
