import { readClerkUser } from "@mara/connectors";
import { NO_TROUBLES, type BackfillRest, type Troubles } from "@mara/queue";
import type { Logger } from "@mara/runtime";
import { loadBackfill, saveBackfillProgress, noteBackfillWaits, type BackfillWork, type Store } from "@mara/store";
import { setTimeout as pause } from "node:timers/promises";
import type { Patience, Recorder } from "../record/index.ts";
import { BackfillRefused, waitAfter, type ClerkRetries } from "./clerk-retries.ts";
import type { ListedUser, ReadUsers } from "./clerk-users.ts";
import {
  after,
  byOffset,
  furtherBack,
  isAnyReadable,
  isCursorInDoubt,
  isEnd,
  mayHaveSkipped,
  newOf,
  PAGE_SIZE,
  place,
  START,
  type Place,
} from "./place.ts";

export interface BackfillTools {
  readonly store: Store;
  readonly patience: Patience;
  readonly recorder: Recorder;
  readonly log: Logger;
  readonly readUsers: ReadUsers;
  readonly clerkRetries: ClerkRetries;
  /** Called with the number of users of each page written. */
  readonly onPage?: ((seen: number) => void) | undefined;
}

/** While it waits it looks this often whether it was canceled. */
const LOOK_MS = 1_000;

/** Whoever has to wait for longer gives the job back, so that other tenants' backfills have its place meanwhile. */
const LONGEST_HELD_MS = 5_000;

/** How it came out: at the end of the list, over already (as it is when somebody canceled it), or to go on after a while. */
export type Outcome = { readonly kind: "end" } | Over | Resting;

interface Over {
  readonly kind: "over";
}

interface Resting {
  readonly kind: "rest";
  readonly rest: BackfillRest;
}

/**
 * Lays everybody whom Clerk lists over the tenant's contacts, page by page, from where the backfill stands and after the
 * `troubles` that it had there. Each page and its progress are one transaction: killed at any time, it goes on at the page
 * after the last one written. Throws `BackfillRefused` where Clerk will not have it or is away for too long.
 */
export async function runBackfill(tools: BackfillTools, backfillId: string, troubles: Troubles, signal: AbortSignal): Promise<Outcome> {
  let had = troubles;
  let backfill = await loadOpen(tools, backfillId);
  while (backfill) {
    const found = await readPage(tools, backfillId, { from: placeOf(backfill), had }, signal);
    if (found.kind !== "page") return found;
    const { at, users, total } = found;
    const fresh = newOf(at, users);
    const leadsOn = isAnyReadable(fresh);
    const isLast = !leadsOn && isEnd(at, users);
    if (isLast && fresh.length === 0) return { kind: "end" };
    if (!leadsOn && !isLast && at.offset > backfill.seen + PAGE_SIZE) {
      throw new BackfillRefused("Clerk lists the same users on every page.");
    }
    const isWritten = await savePage(tools, backfill, fresh, { to: after(at, users, fresh), total });
    if (isLast && isWritten) return { kind: "end" };
    had = NO_TROUBLES;
    backfill = await loadOpen(tools, backfillId);
  }
  return { kind: "over" };
}

/** A backfill that goes on; null where it is over, as it is when somebody canceled it. */
async function loadOpen({ store, patience }: BackfillTools, backfillId: string): Promise<BackfillWork | null> {
  const backfill = await patience.untilThere(() => loadBackfill(store, backfillId));
  return backfill?.status === "running" || backfill?.status === "waiting" ? backfill : null;
}

function placeOf({ cursor }: BackfillWork): Place {
  return cursor === null ? START : place.parse(cursor);
}

interface Page {
  readonly kind: "page";
  /** Where it was found: not always where it was looked for first. */
  readonly at: Place;
  readonly users: readonly ListedUser[];
  readonly total: number | null;
}

/** Asks until there is a page, or until it is better to let the job go. */
async function readPage(
  tools: BackfillTools,
  backfillId: string,
  { from, had }: { from: Place; had: Troubles },
  signal: AbortSignal,
): Promise<Page | Over | Resting> {
  let at = from;
  let { waits, failures } = had;
  for (;;) {
    signal.throwIfAborted();
    const answer = await tools.readUsers(at, signal);
    if (answer.kind === "place refused" || (answer.kind === "page" && isCursorInDoubt(at, answer.users))) {
      tools.log.info({ backfillId }, "the cursor leads no further; going on by offset");
      at = byOffset(at);
      continue;
    }
    if (answer.kind === "page") {
      if (!mayHaveSkipped(at, answer.users)) return { kind: "page", at, users: answer.users, total: answer.total };
      at = furtherBack(at);
      continue;
    }
    failures = answer.kind === "away" || answer.kind === "unreadable" ? failures + 1 : 0;
    // A key that was replaced or taken away ends the backfill that used it: what Clerk says of that key is no matter then.
    if (!(await tools.patience.untilThere(() => noteBackfillWaits(tools.store, backfillId)))) return { kind: "over" };
    const waitMs = waitAfter(answer, { waits: ++waits, failures }, tools.clerkRetries);
    tools.log.info({ backfillId, trouble: answer.kind, ...(answer.kind === "away" && { reason: answer.reason }), waitMs: Math.round(waitMs) }, "the backfill waits for Clerk");
    if (waitMs > LONGEST_HELD_MS) return { kind: "rest", rest: { waitMs, troubles: { waits, failures } } };
    if (!(await waitedWhileOpen(tools, backfillId, waitMs, signal))) return { kind: "over" };
  }
}

/** False where the backfill is over before the time is. */
async function waitedWhileOpen(
  tools: BackfillTools,
  backfillId: string,
  waitMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  for (let left = waitMs; left > 0; left -= LOOK_MS) {
    await pause(Math.min(left, LOOK_MS), undefined, { signal });
    if (!(await loadOpen(tools, backfillId))) return false;
  }
  return true;
}

class NotWritten extends Error {}

/**
 * Writes a page and its progress, or neither where the backfill is over or stands elsewhere by now: as it does when the
 * answer to a commit was lost, or when another process took a job that seemed stalled; or somebody was erased since, whom the
 * page may still list. Answers whether they were written.
 */
async function savePage(
  { recorder, onPage }: BackfillTools,
  backfill: BackfillWork,
  users: readonly ListedUser[],
  { to, total }: { to: Place; total: number | null },
): Promise<boolean> {
  const people = users.flatMap((user) => readClerkUser(user.raw) ?? []);
  const unreadable = users.length - people.length;
  const known = total ?? backfill.total;
  try {
    await recorder.projectPeople(backfill.tenantId, people, async (transaction, { created, updated, skipped }) => {
      const page = {
        from: backfill,
        cursor: { ...to },
        seen: users.length,
        created,
        updated,
        skipped: skipped + unreadable,
        total: known === null ? null : Math.max(known, backfill.seen + users.length),
      };
      if (!(await saveBackfillProgress(transaction, backfill.id, page))) throw new NotWritten();
    });
    onPage?.(users.length);
    return true;
  } catch (error) {
    if (!(error instanceof NotWritten)) throw error;
    return false;
  }
}
