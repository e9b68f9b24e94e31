import { types } from "node:util";

/**
 * Postgres error classes and codes that say nothing about the statement: lost or refused connections, a server that
 * starts, stops or is out of room, a lock that was not had, a transaction that has to be tried again.
 * Source: PostgreSQL documentation, appendix A (error codes).
 */
const PASSING_CLASSES = new Set(["08", "53", "57", "58"]);
const LOCK_NOT_HAD = "55P03";
/** Serialization failure, deadlock, lock not had, a primary that became a replica, a session that was idle for too long. */
const PASSING_CODES = new Set(["40001", "40P01", LOCK_NOT_HAD, "25006", "25P03"]);
/** A statement that took too long: it would again, unless its batch is made smaller. */
const QUERY_CANCELED = "57014";
/** No such table, no such column. */
const OLD_SCHEMA_CODES = new Set(["42P01", "42703"]);
const SOCKET_CODES = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ETIMEDOUT",
  "EPIPE",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOENT",
]);
/** Prisma's own names for the same: not reached, timed out, closed, no connection to be had, a transaction that took too long or has to be tried again. */
const PRISMA_CODES = new Set(["P1001", "P1002", "P1008", "P1017", "P2024", "P2028", "P2034"]);

/** Whether a statement waited for a lock for as long as it might, in vain. */
export function isLockNotHad(error: unknown): boolean {
  return codeIn(error) === LOCK_NOT_HAD;
}

/** Whether the database is older than this process: a migration that is yet to come ends that. */
export function isOldSchema(error: unknown): boolean {
  return OLD_SCHEMA_CODES.has(codeIn(error) ?? "");
}

/** Whether an error of a transaction will pass by itself, so that the same work can be tried again as it is. */
export function isPassing(error: unknown): boolean {
  if (!types.isNativeError(error)) return false;
  const code = codeIn(error);
  if (code !== null) {
    if (SOCKET_CODES.has(code) || PASSING_CODES.has(code) || PRISMA_CODES.has(code)) return true;
    return code.length === 5 && code !== QUERY_CANCELED && PASSING_CLASSES.has(code.slice(0, 2));
  }
  // The driver's own errors of connections that end or can't be had carry no code.
  return /connection (terminated|error)|timeout exceeded when trying to connect|query read timeout|not queryable/i.test(
    error.message,
  );
}

function codeIn(error: unknown): string | null {
  return types.isNativeError(error) && "code" in error && typeof error.code === "string" ? error.code : null;
}
