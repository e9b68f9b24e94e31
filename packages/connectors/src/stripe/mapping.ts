import type { MappingRow, Normalised } from "../connector.ts";
import type { Moment } from "../moments.ts";
import { charge } from "./charge.ts";
import { checkout, isOneTime, paidOneTime } from "./checkout.ts";
import type { ObjectKind } from "./facts.ts";
import { invoice, isFree, paidOnRetry } from "./invoice.ts";
import type { Snapshot } from "./snapshot.ts";
import { movedUpward, subscription, trialEnded } from "./subscription.ts";

/**
 * The event's type, what it becomes, under which condition, and that in words. The first row that holds counts.
 * `contact`: nothing but who the customer is, and their custom fields.
 */
type Row<M extends Moment> = readonly [
  event: string,
  becomes: M | "contact",
  when: (snapshot: Snapshot) => boolean,
  words: string,
];

const ONCE = "the mode is payment, and it is paid or free";
const NOT_PAID_YET = "it is not paid yet: checkout.session.async_payment_succeeded brings the purchase";
const NO_PURCHASE = "it is no one-time purchase: subscriptions have events of their own";
const RECOVERS = "an automatic retry got through, or a payment of this invoice had failed";

const TABLE = [
  about(subscription, [
    ["customer.subscription.created", "subscription-started", always, ""],
    ["customer.subscription.updated", "trial-converted", trialEnded, "the status goes from trialing to active"],
    ["customer.subscription.updated", "subscription-upgraded", movedUpward, "plan, items or quantity moved upward"],
    ["customer.subscription.updated", "contact", always, "no trial was converted, and nothing moved upward"],
    ["customer.subscription.deleted", "subscription-canceled", always, ""],
  ]),
  about(invoice, [
    ["invoice.payment_failed", "payment-failed", always, ""],
    ["invoice.payment_succeeded", "contact", isFree, "nothing was due"],
    ["invoice.payment_succeeded", "payment-recovered", paidOnRetry, RECOVERS],
    ["invoice.payment_succeeded", "contact", always, "no payment of this invoice is known to have failed"],
  ]),
  about(charge, [["charge.refunded", "refund-issued", always, ""]]),
  about(checkout, [
    ["checkout.session.completed", "purchase", paidOneTime, ONCE],
    ["checkout.session.completed", "contact", isOneTime, NOT_PAID_YET],
    ["checkout.session.completed", "contact", always, NO_PURCHASE],
    ["checkout.session.async_payment_succeeded", "purchase", paidOneTime, ONCE],
    ["checkout.session.async_payment_succeeded", "contact", always, NO_PURCHASE],
  ]),
];

/** The table for people. */
export const mapping: readonly MappingRow[] = TABLE.flatMap(({ rows }) => rows);

/** What the events of one type are about and become. */
export interface TypeRows {
  /** Stripe's name of the object that they are about. */
  readonly kind: string;
  normalise(snapshot: Snapshot): Normalised;
}

const BY_TYPE: ReadonlyMap<string, TypeRows> = new Map(TABLE.flatMap(({ byType }) => byType));

/** Undefined for the types that become nothing, which are most. */
export function rowsOf(type: string): TypeRows | undefined {
  return BY_TYPE.get(type);
}

/** The part of the table that is about one kind of object. */
function about<M extends Moment>(kind: ObjectKind<M>, table: readonly Row<M>[]) {
  const types = [...new Set(table.map(([event]) => event))];
  return {
    rows: table.map(([event, becomes, , when]): MappingRow => ({ event, becomes, when })),
    byType: types.map((type): [string, TypeRows] => {
      const rows = table.filter(([event]) => event === type);
      return [type, { kind: kind.name, normalise: (snapshot) => firstOf(rows, kind, snapshot) }];
    }),
  };
}

function firstOf<M extends Moment>(rows: readonly Row<M>[], kind: ObjectKind<M>, snapshot: Snapshot): Normalised {
  const [, becomes, , words] = rows.find(([, , when]) => when(snapshot)) ?? NO_ROW;
  return becomes === "contact"
    ? { table: { kind: "ignored", reason: words }, facts: kind.contactFacts(snapshot, words) }
    : { table: { kind: "moment", type: becomes }, facts: kind.facts(snapshot, becomes) };
}

const NO_ROW = ["", "contact", always, "no row of the mapping table holds"] as const;

function always(): boolean {
  return true;
}
