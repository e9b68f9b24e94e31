import type { EventData, Json } from "@mara/connectors";
import { z } from "zod";
import { money } from "./money.ts";

/** One thing that an Event's data says, for people. */
export interface Telling {
  readonly label: string;
  readonly value: Value;
}

/** `id` is a provider's id or what else belongs in a monospace; `at` is epoch milliseconds. */
export type Value =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "id"; readonly text: string }
  | { readonly kind: "time"; readonly at: number };

/** Answers null where the value is not what its key promises: it is then shown as it stands. */
type Read = (value: Json, data: EventData) => Value | null;

const text = (words: string): Value => ({ kind: "text", text: words });

const word: Read = (value) => (typeof value === "string" ? text(value.replaceAll("_", " ")) : null);
const id: Read = (value) => (typeof value === "string" ? { kind: "id", text: value } : null);
const number: Read = (value) => (typeof value === "number" ? text(value.toLocaleString("en")) : null);
const either =
  (yes: string, no: string): Read =>
  (value) =>
    typeof value === "boolean" ? text(value ? yes : no) : null;
const time: Read = (value) => {
  const at = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? null : { kind: "time", at };
};
const amount: Read = (value, { currency }) =>
  typeof value === "number" && typeof currency === "string" ? text(money(value, currency)) : null;
const planName: Read = (value) => {
  const { name, id: planId } = planOf(value);
  if (name !== undefined) return text(name);
  return planId === undefined ? null : { kind: "id", text: planId };
};
const previousPlan: Read = (value, data) => {
  const words = planInWords(value, data.currency);
  return words === "" ? null : text(words);
};

/** What each key of the contract's Event data says, in the order in which it is read. */
const KEYS: readonly (readonly [key: string, label: string, read: Read])[] = [
  ["amount", "Amount", amount],
  ["refundedTotal", "Refunded in all", amount],
  ["full", "Refund", either("of all that was paid", "of a part")],
  ["plan", "Plan", planName],
  ["quantity", "Quantity", number],
  ["previous", "Before", previousPlan],
  ["status", "Status", word],
  ["trialEnd", "Trial ends", time],
  ["canceledAt", "Canceled", time],
  ["endsAt", "Ends", time],
  ["reason", "Reason", word],
  ["attemptCount", "Attempt", number],
  ["nextPaymentAttempt", "Next attempt", time],
  ["billingReason", "Billed for", word],
  ["subscriptionId", "Subscription", id],
  ["invoiceId", "Invoice", id],
  ["chargeId", "Charge", id],
  ["orderId", "Order", id],
  ["checkoutId", "Checkout", id],
  ["account", "Connected account", id],
  ["livemode", "Mode", either("live", "test")],
];

/** An Event's data, key by key. What the contract does not name, or what is not as it says, stands there as JSON. */
export function tellingsOf(data: EventData): Telling[] {
  const known = new Set(["interval", "intervalCount", "currency"]);
  const told: Telling[] = [];
  for (const [key, label, read] of KEYS) {
    const value = data[key];
    const shown = value === undefined ? null : read(value, data);
    if (shown === null) continue;
    told.push({ label, value: shown });
    known.add(key);
  }
  const rhythm = rhythmOf(data);
  if (rhythm !== "") told.splice(data.amount === undefined ? 0 : 1, 0, { label: "Billed", value: text(rhythm) });
  if (data.currency !== undefined && data.amount === undefined) known.delete("currency");
  const others = Object.entries(data).filter(([key]) => !known.has(key));
  return [...told, ...others.map(([key, value]): Telling => ({ label: key, value: { kind: "id", text: plain(value) } }))];
}

/** The one line that says most of an Event's data; empty where there is nothing to say. */
export function gistOf(data: EventData): string {
  const now = planInWords({ plan: data.plan, amount: data.amount, quantity: data.quantity }, data.currency);
  const before = planInWords(data.previous, data.currency);
  const parts = [
    before !== "" && before !== now ? `${before} → ${now}` : now,
    rhythmOf(data),
    data.full === false ? "a part" : "",
    typeof data.attemptCount === "number" && data.attemptCount > 1 ? `attempt ${data.attemptCount}` : "",
  ];
  return parts.filter((part) => part !== "").join(", ");
}

const planForm = z.object({ id: z.string().optional(), name: z.string().optional() });
const pricedForm = z.object({ plan: planForm.catch({}).optional(), amount: z.number().optional(), quantity: z.number().optional() });

function planOf(value: Json | undefined): { name?: string | undefined; id?: string | undefined } {
  const plan = planForm.safeParse(value);
  return plan.success ? plan.data : {};
}

/** A plan, how often, and what it costs: "Pro × 5 $245.00". */
function planInWords(value: Json | undefined, currency: Json | undefined): string {
  const priced = pricedForm.safeParse(value);
  if (!priced.success) return "";
  const { plan = {}, amount: minor, quantity } = priced.data;
  return [
    plan.name ?? "",
    plan.name !== undefined && quantity !== undefined && quantity > 1 ? `× ${quantity.toLocaleString("en")}` : "",
    minor !== undefined && typeof currency === "string" ? money(minor, currency) : "",
  ]
    .filter((part) => part !== "")
    .join(" ");
}

/** "every month", "every 3 months". */
function rhythmOf({ interval, intervalCount }: EventData): string {
  if (typeof interval !== "string") return "";
  return typeof intervalCount === "number" && intervalCount > 1 ? `every ${intervalCount} ${interval}s` : `every ${interval}`;
}

function plain(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
