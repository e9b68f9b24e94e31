import { z } from "zod";
import type { DecidedMoment, Decision } from "../connector.ts";
import type { JsonObject } from "../json.ts";
import { EVENT_TYPES } from "../moments.ts";
import { isUnique } from "./event.ts";

/** How the failures and payments of one invoice meet, in whatever order they arrive. */
interface InvoiceHistory {
  readonly failed: boolean;
  readonly waiting: readonly WaitingPayment[];
}

/** A payment that came before any failure was known, and the failure that then made a recovery of it. */
interface WaitingPayment {
  readonly moment: DecidedMoment;
  readonly releasedBy: string | null;
}

/** More payments of one invoice than this never wait for a failure. */
const MAX_WAITING = 10;

/** A failure makes recoveries of the payments that came before it, so that the invoice does not stay failing for ever. */
export function decideFailure(failure: DecidedMoment, history: JsonObject | null): Decision {
  const { waiting } = readHistory(history);
  const id = failure.providerEventId;
  const released = waiting.filter(({ releasedBy }) => releasedBy === null || (releasedBy === id && isUnique(id)));
  return {
    moments: [failure, ...released.map(({ moment }) => moment)],
    amendments: [],
    history: asJson({
      failed: true,
      waiting: waiting.map(({ moment, releasedBy }) => ({ moment, releasedBy: releasedBy ?? id })),
    }),
    ignored: null,
  };
}

/** A payment of which nothing tells by itself whether it recovers: it does where a failure is known, or waits for one. */
export function decidePayment(recovery: DecidedMoment, history: JsonObject | null, reason: string): Decision {
  const known = readHistory(history);
  if (known.failed) return decideRecovery(recovery, history);
  const waiting = withPayment(known.waiting, recovery);
  return { moments: [], amendments: [], history: asJson({ ...known, waiting }), ignored: reason };
}

/** A payment that recovers by itself: nothing about it is worth knowing later. */
export function decideRecovery(recovery: DecidedMoment, history: JsonObject | null): Decision {
  return { moments: [recovery], amendments: [], history: asJson(readHistory(history)), ignored: null };
}

function withPayment(waiting: readonly WaitingPayment[], moment: DecidedMoment): readonly WaitingPayment[] {
  const { providerEventId } = moment;
  const isThere = waiting.some((payment) => payment.moment.providerEventId === providerEventId);
  // An id that many events share can't say later which of them is meant.
  if (isThere || !isUnique(providerEventId) || waiting.length >= MAX_WAITING) return waiting;
  return [...waiting, { moment, releasedBy: null }];
}

const momentSchema = z.object({
  type: z.enum(EVENT_TYPES),
  repeatKey: z.string(),
  providerEventId: z.string(),
  providerEventType: z.string(),
  occurredAt: z.number(),
  data: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});

const historySchema = z.object({
  failed: z.boolean(),
  waiting: z.array(z.object({ moment: momentSchema, releasedBy: z.string().nullable() })),
}) satisfies z.ZodType<InvoiceHistory>;

const NOTHING_KNOWN: InvoiceHistory = { failed: false, waiting: [] };

/** One in another form than this tells nothing. */
function readHistory(history: JsonObject | null): InvoiceHistory {
  if (history === null) return NOTHING_KNOWN;
  const known = historySchema.safeParse(history);
  return known.success ? known.data : NOTHING_KNOWN;
}

function asJson({ failed, waiting }: InvoiceHistory): JsonObject {
  return { failed, waiting: waiting.map(({ moment, releasedBy }) => ({ moment: { ...moment }, releasedBy })) };
}
