import type { Amendment } from "./connector.ts";

/** More refunds of one thing than this are judged without the first of them. */
export const MAX_REFUNDS = 100;

/** What is known of the refunds of one thing, of which its provider tells only sums: of all refunds so far. */
export interface RefundSums {
  /** The sums that are known to have stood, rising. */
  readonly totals: readonly number[];
  /** Events that did not tell the sum before: their amounts follow from `totals`, and change as more become known. */
  readonly inferred: readonly { readonly eventId: string; readonly total: number }[];
}

/** A refund as an event tells it. */
export interface ToldRefund {
  /** Null where many events share the id, so that it can't say later which of them is meant. */
  readonly eventId: string | null;
  /** The sum with this refund in it. */
  readonly total: number;
  /** The sum before it; null where it was not told. */
  readonly before: number | null;
}

/** How much a refund was, what it shows of those that were recorded before, and what is known with it. */
export interface AddedRefund {
  readonly amount: number;
  readonly amendments: readonly Amendment[];
  readonly sums: RefundSums;
}

/**
 * Takes a refund in: it is what its sum exceeds the next smaller one by. The sums put themselves in order, so that one that
 * comes late takes its share from the one after it.
 */
export function addRefund(known: RefundSums, { eventId, total, before }: ToldRefund): AddedRefund {
  const told = before === null ? [total] : [before, total];
  const totals = [...new Set([...known.totals, ...told])].sort((a, b) => a - b);
  const isKnown = known.inferred.some((entry) => entry.eventId === eventId);
  const isInferred = before === null && eventId !== null && !isKnown;
  const inferred = isInferred ? [...known.inferred, { eventId, total }] : known.inferred;
  return {
    amount: total - (before ?? sumBefore(totals, total)),
    amendments: amendmentsBy(told, totals, known),
    sums: { totals: totals.slice(-MAX_REFUNDS), inferred: inferred.slice(-MAX_REFUNDS) },
  };
}

/** Those that begin where a sum ends that was told now: it can show that they were smaller than they seemed. */
function amendmentsBy(told: readonly number[], totals: readonly number[], { inferred }: RefundSums): Amendment[] {
  return inferred.flatMap(({ eventId, total }) => {
    const before = sumBefore(totals, total);
    return told.includes(before) ? [{ providerEventId: eventId, data: { amount: total - before } }] : [];
  });
}

/** The greatest sum that is known to have stood before `total`. */
function sumBefore(totals: readonly number[], total: number): number {
  return totals.findLast((sum) => sum < total) ?? 0;
}
