/** Any JSON value, as it comes out of `JSON.parse`. */
export type Json = string | number | boolean | null | Json[] | JsonObject;

/** A JSON object whose keys a stranger chose: every key may be absent. */
export type JsonObject = { [key: string]: Json | undefined };
