import { column, paint } from "./paint.ts";
import type { ShownContact, ShownEvent } from "./running-system.ts";

/** A contact as a few lines: who it is, by what it is known, what its tenant told of it. */
export function contactLines(contact: ShownContact): string[] {
  const attributes = Object.entries(contact.attributes).map(([key, value]) => `${key}=${value}`);
  return [
    `${paint("bold", contact.name ?? "Somebody without a name")}  ${contact.email ?? "(no e-mail yet)"}${contact.deactivatedAt === null ? "" : paint("yellow", "  deactivated")}`,
    line("known as", contact.identities.map(({ provider, externalId }) => `${provider} ${externalId}`).join(", ")),
    line("attributes", attributes.join(", ") || "none"),
  ];
}

/** An event as one line; a repeat is marked as one. */
export function eventLine(event: ShownEvent): string {
  const when = paint("dim", event.occurredAt.slice(0, 10));
  const what = column(["bold", "green"], event.type, 22);
  const cause = column("dim", `${event.provider} ${event.providerEventType}`, 38);
  const repeat = event.repeatOf === null ? "" : paint("yellow", "repeat");
  return `${when}  ${what}  ${cause}  ${money(event).padEnd(12)}${repeat}`.trimEnd();
}

/** The event's data, key by key. */
export function dataLines(event: ShownEvent): string[] {
  return Object.entries(event.data).map(([key, value]) => line(key, typeof value === "string" ? value : JSON.stringify(value)));
}

function line(label: string, text: string): string {
  return `  ${column("dim", label, 20)}${text}`;
}

/** Amounts are in the currency's minor unit; the currencies of the samples have two digits of it. */
function money({ data: { amount, currency } }: ShownEvent): string {
  if (typeof amount !== "number" || typeof currency !== "string") return "";
  return `${(amount / 100).toFixed(2)} ${currency.toUpperCase()}`;
}
