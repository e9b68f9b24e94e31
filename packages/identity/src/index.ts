export { fold, originsOf } from "./contact.ts";
export type { AttributeOrigin, ContactView } from "./contact.ts";
export { ContactGraph, keyOf, providersOf, viewOf } from "./graph.ts";
export type { Changes, GraphContact, Merge, Move, StoredContact } from "./graph.ts";
export { identityKey, isIdentityKey, spaceOf } from "./identity.ts";
export type { Identity, IdentityFacts, IdentityKey, Space, Stamp, Told, Voice } from "./identity.ts";
export { idsOf, keysOf, meet } from "./meet.ts";
export { BILLING_PROVIDERS } from "./roles.ts";
