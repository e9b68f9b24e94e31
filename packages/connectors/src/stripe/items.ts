import { createHash } from "node:crypto";
import { idOf, listOf, numberOf, objectOf, objectsOf, textOf } from "../fields.ts";
import type { Json, JsonObject } from "../json.ts";
import { isObject } from "../parse.ts";
import { monthsOf, type RecurringItem } from "../upward.ts";

/** One thing that a subscription bills. */
export interface Item extends RecurringItem {
  readonly name: string | null;
  /** Null where none was told, as for what is metered: it counts as one then, and is not shown. */
  readonly toldQuantity: number | null;
  readonly interval: string | null;
  readonly intervalCount: number | null;
}

/**
 * More than Stripe takes with one call (20, `items` in https://docs.stripe.com/api/subscriptions/create). Of a longer list
 * the first are judged, so that a megabyte of items holds nobody up.
 */
const MAX_ITEMS = 100;

/** What a subscription bills now. */
export function itemsOf(subscription: JsonObject): Item[] {
  return rawItemsOf(subscription).map(readItem);
}

/**
 * What a subscription billed before: its previous attributes laid over what it is now. Null where they do not speak of it.
 * Items are matched by id, else by position; the deprecated `plan` and `quantity` stand for the only item.
 */
export function itemsBefore(subscription: JsonObject, previous: JsonObject): Item[] | null {
  const now = rawItemsOf(subscription);
  const items = objectOf(previous, "items");
  if (items && listOf(items, "data")) {
    return objectsOf(items, "data").slice(0, MAX_ITEMS).map((item, i) => {
      const itself = now.find(({ id }) => id !== undefined && id === item.id) ?? now[i] ?? {};
      return itemBefore(isOfAnotherPrice(item, itself) ? withoutAmounts(itself) : itself, item);
    });
  }
  const only = now[0];
  if (!only || now.length > 1 || !("plan" in previous || "quantity" in previous)) return null;
  return [itemBefore({ ...only, plan: only.plan ?? subscription.plan }, previous)];
}

/** What of items makes them the same ones: price and quantity of each. A short text, equal for equal states in any order. */
export function stateOf(items: readonly Item[]): string {
  const state = items
    .map(({ priceId, quantity }) => `${priceId ?? "?"} x ${quantity}`)
    .sort()
    .join(", ");
  return state.length <= 200 ? state : createHash("sha256").update(state).digest("base64url");
}

function rawItemsOf(subscription: JsonObject): readonly JsonObject[] {
  const { plan, quantity } = subscription;
  const items = objectsOf(objectOf(subscription, "items") ?? {}, "data").slice(0, MAX_ITEMS);
  const [only] = items;
  if (!only) return isObject(plan) ? [{ plan, quantity }] : [];
  return items.length > 1 ? items : [{ ...only, quantity: only.quantity ?? quantity }];
}

/** Lists come whole: what an item in one does not tell of another price than the one that stands there now was not told. */
function isOfAnotherPrice(told: JsonObject, now: JsonObject): boolean {
  const [was, is] = [priceIdOf(told), priceIdOf(now)];
  return was !== null && was !== is;
}

/** What an item is like but for what its price costs, which says nothing of what another one did. */
function withoutAmounts({ price, plan, ...item }: JsonObject): JsonObject {
  return {
    ...item,
    ...(isObject(price) && { price: { ...price, unit_amount: null, unit_amount_decimal: null } }),
    ...(isObject(plan) && { plan: { ...plan, amount: null, amount_decimal: null } }),
  };
}

function itemBefore(item: JsonObject, told: JsonObject): Item {
  const isPlanAlone = isObject(told.plan) && !isObject(told.price);
  const isPriceAlone = told.price !== undefined && !isObject(told.plan);
  return readItem({
    id: told.id ?? item.id,
    // Of price and plan one may be told without the other: the other one that stands there now is not the old one's.
    price: isPlanAlone ? undefined : layOver(item.price, told.price),
    plan: isPriceAlone ? undefined : layOver(planUnder(item), told.plan),
    quantity: "quantity" in told || isMetered(told) ? told.quantity : item.quantity,
  });
}

/** What is metered has no quantity: it is missing because there is none, not because it did not change. */
function isMetered(item: JsonObject): boolean {
  const price = objectOf(item, "price") ?? {};
  const terms = objectOf(price, "recurring") ?? objectOf(item, "plan") ?? {};
  return textOf(terms, "usage_type") === "metered";
}

/** The plan that a partial one is laid over: where only the price is known, what a plan would say of it. */
function planUnder({ plan, price }: JsonObject): Json | undefined {
  if (isObject(plan) || !isObject(price)) return plan;
  const { id, nickname, currency, unit_amount: amount, unit_amount_decimal: amount_decimal, recurring } = price;
  return { ...(isObject(recurring) ? recurring : {}), id, nickname, currency, amount, amount_decimal };
}

/** What a price or plan was: a changed hash is told in part, one inside it as well. */
function layOver(now: Json | undefined, changes: Json | undefined): Json | undefined {
  if (changes === undefined) return now;
  if (!isObject(now) || !isObject(changes)) return changes;
  return { ...now, ...changes, recurring: layOver(now.recurring, changes.recurring) };
}

function readItem(item: JsonObject): Item {
  const price = objectOf(item, "price") ?? {};
  const plan = objectOf(item, "plan") ?? {};
  const recurring = objectOf(price, "recurring") ?? plan;
  const interval = textOf(recurring, "interval");
  const intervalCount = numberOf(recurring, "interval_count");
  const toldQuantity = numberOf(item, "quantity");
  return {
    itemId: idOf(item, "id"),
    priceId: priceIdOf(item),
    name: textOf(price, "nickname") ?? textOf(plan, "nickname"),
    amount: amountOf(price, "unit_amount") ?? amountOf(plan, "amount"),
    toldQuantity,
    quantity: toldQuantity ?? 1,
    currency: (textOf(price, "currency") ?? textOf(plan, "currency"))?.toLowerCase() ?? null,
    interval,
    intervalCount,
    months: monthsOf(interval, intervalCount),
  };
}

function priceIdOf(item: JsonObject): string | null {
  return idOf(objectOf(item, "price") ?? {}, "id") ?? idOf(objectOf(item, "plan") ?? {}, "id");
}

/** Fractions of the minor unit only come in the decimal form, as text. */
function amountOf(price: JsonObject, key: "unit_amount" | "amount"): number | null {
  const decimal = textOf(price, `${key}_decimal`);
  return numberOf(price, key) ?? (decimal !== null && /^-?\d+(\.\d+)?$/.test(decimal) ? Number(decimal) : null);
}
