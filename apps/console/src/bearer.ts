import type { Request } from "express";
import { countAttempt, createAttempts, networkOf } from "./attempts.ts";
import { callerOfToken, type Caller } from "./auth.ts";
import type { Backing } from "./backing.ts";
import { Refusal } from "./respond.ts";

/** Who sent `Authorization: Bearer …`. Throws `Refusal`: unauthorized where that is nobody, too_many_attempts where it was so too often. */
export type WhoAsks = (request: Request) => Promise<Caller>;

/**
 * Wrong tokens are counted by the network that they come from. A right one is never counted, and never held up either: a
 * program that goes on with a token that was replaced must not lock out the others behind its address.
 */
export function createBearer(backing: Backing): WhoAsks {
  const attempts = createAttempts(backing.redis, "bearer");
  return async (request) => {
    const token = /^Bearer +([\x21-\x7e]+) *$/i.exec(request.headers.authorization ?? "")?.[1];
    if (token === undefined) throw new Refusal("unauthorized");
    const caller = await callerOfToken(backing, token);
    if (caller !== null) return caller;
    const retryAfter = await countAttempt(attempts, networkOf(request.ip));
    throw retryAfter === null ? new Refusal("unauthorized") : new Refusal("too_many_attempts", retryAfter);
  };
}
