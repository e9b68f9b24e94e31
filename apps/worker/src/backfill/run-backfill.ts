import { readClerkUser } from "@mara/connectors";
import type { Logger } from "@mara/runtime";
import { loadBackfill, saveBackfillProgress, setBackfillStatus, type BackfillWork, type Store } from "@mara/store";
import { setTimeout as pause } from "node:timers/promises";
import type { Recorder } from "../record/index.ts";
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
  readonly recorder: Recorder;
  readonly log: Logger;
  readonly readUsers: ReadUsers;
  /** Called with the number of users of each page written. */
  readonly onPage?: ((seen: number) => void) | undefined;
}

/** How often a page is asked for again before the job is given back to the queue, which tries again later. */
const MAX_TRIES = 8;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
/** While it waits it looks this often whether it was canceled. */
const LOOK_MS = 1_000;

/**
 * Lays everybody whom Clerk lists over the tenant's contacts, page by page, from where the backfill stands. Each page and
 * its progress are one transaction: killed at any time, it goes on at the page after the last one written. Resolves when
 * the list is at its end (`true`), or when the backfill is over already, as it is when somebody canceled it (`false`).
 * Throws `BackfillRefused` where Clerk will not have it, and any other error where trying again later may help.
 */
export async function runBackfill(tools: BackfillTools, backfillId: string, signal: AbortSignal): Promise<boolean> {
  let backfill = await loadOpen(tools.store, backfillId);
  while (backfill) {
    const page = await readPage(tools, backfillId, placeOf(backfill), signal);
    if (!page) return false;
    const fresh = newOf(page.at, page.users);
    if (fresh.length === 0 && isEnd(page.at, page.users)) return true;
    await savePage(tools, backfill, fresh, { to: after(page.at, page.users, fresh), total: page.total });
    backfill = await loadOpen(tools.store, backfillId);
  }
  return false;
}

/** A backfill that goes on; null where it is over, as it is when somebody canceled it. */
async function loadOpen(store: Store, backfillId: string): Promise<BackfillWork | null> {
  const backfill = await loadBackfill(store, backfillId);
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
  for (let tries = 1; ; ) {
    signal.throwIfAborted();
    const answer = await tools.readUsers(at, signal);
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
    const waitMs = waitAfter(answer, tries++);
    tools.log.info({ backfillId, trouble: answer.kind, waitMs }, "the backfill waits for Clerk");
    await setBackfillStatus(tools.store, backfillId, "waiting");
    if (!(await waitedWhileOpen(tools, backfillId, waitMs, signal))) return null;
  }
}

/** Milliseconds to wait after the nth trouble in a row. Throws where waiting is no use. */
function waitAfter(trouble: Exclude<Answer, { kind: "page" | "place refused" }>, tries: number): number {
  const backoff = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries - 1)) * (0.5 + Math.random() / 2);
  switch (trouble.kind) {
    case "key refused":
      throw new BackfillRefused("Clerk refuses the API key. Paste the instance's secret key (it begins with sk_) again.");
    case "refused":
      throw new BackfillRefused(`Clerk refuses to list the users (HTTP status ${trouble.status}).`);
    case "throttled":
      return trouble.waitMs ?? backoff;
    case "away":
      if (tries >= MAX_TRIES) throw new Error(`Clerk gave no page ${tries} times in a row${statusOf(trouble.status)}`);
      return backoff;
  }
}

function statusOf(status: number | null): string {
  return status === null ? "" : ` (HTTP status ${status})`;
}

/** False where the backfill is over before the time is. */
async function waitedWhileOpen(
  { store }: BackfillTools,
  backfillId: string,
  waitMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  for (let left = waitMs; left > 0; left -= LOOK_MS) {
    await pause(Math.min(left, LOOK_MS), undefined, { signal });
    if (!(await loadOpen(store, backfillId))) return false;
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
