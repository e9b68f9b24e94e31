import type { Balance } from "./balance.ts";
import type { Sent } from "./senders.ts";
import { sparedBy, type Done } from "./troubles.ts";

export interface Findings {
  /** Unique deliveries. */
  readonly sent: number;
  readonly senders: Sent;
  readonly balance: Balance;
  readonly done: Done;
  readonly drainMs: number;
  readonly contacts: number;
  readonly moments: number;
  /** Whether contacts and moments are those of the undisturbed run. */
  readonly isSame: boolean;
}

const SHOWN = 5;

export function reportOf({ sent, senders, balance, done, drainMs, contacts, moments, isSame }: Findings): string[] {
  const rows: readonly (readonly [string, string | number])[] = [
    ["sent", `${sent} unique, ${senders.attempts} attempts, ${senders.refused} of them not taken`],
    ["acknowledged", balance.acknowledged],
    ["recorded", balance.recorded],
    ["doubled", named(balance.doubled)],
    ["lost", named(balance.lost)],
    ["failed", named(balance.failed)],
    ["never taken", named(balance.refused)],
    ["unexpected answers", [...senders.unexpected].map(([status, count]) => `${count} × ${status}`).join(", ") || 0],
    ["kills", `${killsOf(done)}, and ${done.pauses} pauses`],
    ["never killed", sparedBy(done).join(", ") || 0],
    ["longest outage", `${(senders.longestOutageMs / 1_000).toFixed(1)} s`],
    ["time to drain", `${(drainMs / 1_000).toFixed(1)} s`],
    ["end state", `${contacts} contacts, ${moments} events: ${isSame ? "as undisturbed" : "NOT AS UNDISTURBED"}`],
  ];
  return ["", ...rows.map(([name, value]) => `${name.padEnd(20)}${value}`)];
}

function killsOf({ kills }: Done): string {
  const total = [...kills.values()].reduce((sum, count) => sum + count, 0);
  return total === 0 ? "0" : `${total} (${[...kills].map(([part, count]) => `${part} ${count}`).join(", ")})`;
}

function named(ids: readonly string[]): string {
  return ids.length === 0 ? "0" : `${ids.length}: ${ids.slice(0, SHOWN).join(", ")}${ids.length > SHOWN ? ", …" : ""}`;
}
