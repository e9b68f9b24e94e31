import { readClerkUser } from "@mara/connectors";
import type { Logger } from "@mara/runtime";
import { loadBackfill, saveBackfillProgress, setBackfillStatus, type BackfillWork, type Store } from "@mara/store";
import { setTimeout as pause } from "node:timers/promises";
import type { Patience, Recorder } from "../record/index.ts";
import type { Answer, ListedUser, ReadUsers } from "./clerk-users.ts";
import { after, byOffset, furtherBack, isEnd, mayHaveSkipped, newOf, place, START, type Place } from "./place.ts";

/** A backfill can't go on, and trying again is no use. The message is for the person who pasted the key. */
export class BackfillRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = "BackfillRefused";
  }
}

export interface BackfillTools {
  readonly store: Store;
  readonly patience: Patience;
  readonly recorder: Recorder;
  readonly log: Logger;
  readonly readUsers: ReadUsers;
  readonly clerkPatience: ClerkPatience;
  /** Called with the number of users of each page written. */
  readonly onPage?: ((seen: number) => void) | undefined;
}

/** How long a page is asked for again. Pauses double from the first to the longest, each cut by up to a half at random. */
export interface ClerkPatience {
  readonly firstMs: number;
  readonly longestMs: number;
  /** So many failures in a row are one too many. Being told to slow down is none, and ends the row: Clerk is there. */
  readonly tries: number;
}

/** Some twenty minutes. */
export const CLERK_PATIENCE: ClerkPatience = { firstMs: 500, longestMs: 60_000, tries: 30 };

/** While it waits it looks this often whether it was canceled. */
const LOOK_MS = 1_000;

/**
 * Lays everybody whom Clerk lists over the tenant's contacts, page by page, from where the backfill stands. Each page and
 * its progress are one transaction: killed at any time, it goes on at the page after the last one written. Resolves when
 * the list is at its end (`true`), or when the backfill is over already, as it is when somebody canceled it (`false`).
 * Throws `BackfillRefused` where Clerk will not have it or is away for too long.
 */
export async function runBackfill(tools: BackfillTools, backfillId: string, signal: AbortSignal): Promise<boolean> {
  let backfill = await loadOpen(tools, backfillId);
  while (backfill) {
    const page = await readPage(tools, backfillId, placeOf(backfill), signal);
    if (!page) return false;
    const fresh = newOf(page.at, page.users);
    if (fresh.length === 0 && isEnd(page.at, page.users)) return true;
    await savePage(tools, backfill, fresh, { to: after(page.at, page.users, fresh), total: page.total });
    backfill = await loadOpen(tools, backfillId);
  }
  return false;
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
  /** Where it was found: not always where it was looked for first. */
  readonly at: Place;
  readonly users: readonly ListedUser[];
  readonly total: number;
}

/** Asks until there is a page. Null where the backfill was canceled meanwhile. */
async function readPage(tools: BackfillTools, backfillId: string, from: Place, signal: AbortSignal): Promise<Page | null> {
  let at = from;
  let waits = 0;
  let failures = 0;
  for (;;) {
    signal.throwIfAborted();
    const answer = await tools.readUsers(at, signal);
    failures = answer.kind === "away" ? failures + 1 : 0;
    if (answer.kind === "page") {
      if (!mayHaveSkipped(at, answer.users)) return { at, users: answer.users, total: answer.total };
      at = furtherBack(at);
      continue;
    }
    if (answer.kind === "place refused") {
      tools.log.info({ backfillId }, "Clerk takes no cursor here; going on by offset");
      at = byOffset(at);
      continue;
    }
    const waitMs = waitAfter(answer, { waits: ++waits, failures }, tools.clerkPatience);
    tools.log.info({ backfillId, trouble: answer.kind, waitMs: Math.round(waitMs) }, "the backfill waits for Clerk");
    await tools.patience.untilThere(() => setBackfillStatus(tools.store, backfillId, "waiting"));
    if (!(await waitedWhileOpen(tools, backfillId, waitMs, signal))) return null;
  }
}

/**
 * Milliseconds to wait for a page, `waits` counting this one too, after so many `failures` in a row. Throws where waiting is
 * no use.
 */
function waitAfter(
  trouble: Exclude<Answer, { kind: "page" | "place refused" }>,
  { waits, failures }: { waits: number; failures: number },
  patience: ClerkPatience,
): number {
  const backoff = Math.min(patience.longestMs, patience.firstMs * 2 ** (waits - 1)) * (0.5 + Math.random() / 2);
  switch (trouble.kind) {
    case "key refused":
      throw new BackfillRefused("Clerk refuses the API key. Paste the instance's secret key (it begins with sk_) again.");
    case "refused":
      throw new BackfillRefused(`Clerk refuses to list the users (HTTP status ${trouble.status}).`);
    case "throttled":
      // Told to wait for no time at all, again and again, it would ask as fast as it can and never look whether it was canceled.
      return trouble.waitMs || backoff;
    case "away":
      if (failures >= patience.tries) throw new BackfillRefused(`Clerk could not be reached (${reasonOf(trouble.status)}). Start the import again later.`);
      return backoff;
  }
}

function reasonOf(status: number | null): string {
  return status === null ? "it gave no answer in time" : `HTTP status ${status}`;
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
 * answer to a commit was lost, or when another process took a job that seemed stalled.
 */
async function savePage(
  { recorder, onPage }: BackfillTools,
  backfill: BackfillWork,
  users: readonly ListedUser[],
  { to, total }: { to: Place; total: number },
): Promise<void> {
  const people = users.flatMap((user) => readClerkUser(user.raw) ?? []);
  const unreadable = users.length - people.length;
  try {
    await recorder.projectPeople(backfill.tenantId, people, async (transaction, { created, updated, skipped }) => {
      const page = {
        from: backfill.cursor,
        cursor: { ...to },
        seen: users.length,
        created,
        updated,
        skipped: skipped + unreadable,
        total: Math.max(total, backfill.seen + users.length),
      };
      if (!(await saveBackfillProgress(transaction, backfill.id, page))) throw new NotWritten();
    });
    onPage?.(users.length);
  } catch (error) {
    if (!(error instanceof NotWritten)) throw error;
  }
}
