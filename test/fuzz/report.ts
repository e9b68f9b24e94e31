import type { Honest } from "./honest-sender.ts";
import type { Memory } from "./processes.ts";
import type { Finding, Tally } from "./run.ts";
import type { Held } from "./slow-senders.ts";

export interface Results {
  readonly seed: number;
  readonly tally: Tally;
  readonly honest: Honest;
  readonly held: readonly Held[];
  readonly memory: { readonly before: Memory; readonly after: Memory };
  readonly seconds: number;
}

export function reportOf({ seed, tally, honest, held, memory, seconds }: Results, findings: readonly Finding[]): string[] {
  const rows: readonly (readonly [string, string])[] = [
    ["sent", `${tally.sent} cases in ${seconds.toFixed(0)} s, seed ${seed}`],
    ["ingest", answersOf(tally, "ingest ")],
    ["console", answersOf(tally, "console ")],
    ["events taken", `${tally.queued.size}: ${[...tally.outcomes].map(([outcome, count]) => `${count} ${outcome}`).join(", ")}`],
    ["honest deliveries", `${honest.sent} meanwhile, ${honest.refused.length} not taken, the slowest in ${honest.slowestMs} ms`],
    ...held.filter(({ opened }) => opened > 0).map((one): [string, string] => ["held open", heldAs(one)]),
    ...(["ingest", "worker", "console"] as const).map((app): [string, string] => [`memory of ${app}`, `${megabytes(memory.before[app])} warm, ${megabytes(memory.after[app])} at the end`]),
    ["findings", String(findings.length)],
  ];
  return ["", ...rows.map(([name, value]) => `${name.padEnd(20)}${value}`)];
}

export function findingLine({ number, what, problem }: Finding, seed: number): string {
  return number === null ? `FINDING  ${problem}` : `FINDING  ${problem}\n         ${what}\n         again: npm run fuzz -- --seed ${seed} --only ${number}`;
}

function answersOf({ answers }: Tally, app: string): string {
  const own = [...answers].filter(([name]) => name.startsWith(app)).sort(([a], [b]) => (a < b ? -1 : 1));
  return own.map(([name, count]) => `${count} × ${name.slice(app.length)}`).join(", ");
}

function heldAs({ what, opened, refused, left, answers }: Held): string {
  const ends = [...answers].map(([answer, count]) => `${count} × ${answer}`).join(", ");
  return `${opened} × ${what}: ${[ends, refused > 0 && `${refused} refused`, left > 0 && `${left} NEVER ENDED`].filter(Boolean).join(", ")}`;
}

const megabytes = (bytes: number | null) => (bytes === null ? "unknown" : `${(bytes / 1_048_576).toFixed(0)} MB`);
