import type { ShownDelivery } from "../../present.ts";
import { rejectionInBrief, rejectionInWords } from "../../problem.ts";
import type { Tone } from "../parts/small.tsx";

/** What became of a delivery, in a word, and how that is meant. */
export const OUTCOME_WORDS = {
  queued: { label: "Queued", tone: "accent" },
  processed: { label: "Processed", tone: "good" },
  ignored: { label: "Ignored", tone: "idle" },
  duplicate: { label: "Duplicate", tone: "idle" },
  rejected: { label: "Rejected", tone: "bad" },
  failed: { label: "Failed", tone: "warn" },
} as const satisfies Record<ShownDelivery["outcome"], { label: string; tone: Tone }>;

/** A reason as a sentence, with how to mend a rejection. Empty where none was given. */
export function reasonInWords(reason: string | null): string {
  if (reason === null || reason === "") return "";
  return rejectionInWords(reason) ?? `${reason.charAt(0).toUpperCase()}${reason.slice(1)}${/[.!?]$/.test(reason) ? "" : "."}`;
}

/** A reason in as few words as a list has room for. */
export function reasonInBrief(reason: string | null): string {
  return reason === null ? "" : (rejectionInBrief(reason) ?? reason);
}

const UNITS = [
  ["day", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
] as const;

/** How long something took: "420 ms", "1.2 s", "3 min", "2 days". */
export function lasted(ms: number): string {
  const unit = UNITS.find(([, size]) => ms >= size);
  if (unit === undefined) return `${Math.max(0, Math.round(ms))} ms`;
  const [name, size] = unit;
  const many = ms / size;
  const figure = many < 10 ? many.toFixed(1).replace(/\.0$/, "") : String(Math.round(many));
  return `${figure} ${name}${name === "day" && figure !== "1" ? "s" : ""}`;
}
