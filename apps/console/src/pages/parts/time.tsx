const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;

/** Never "yesterday": 47 hours ago may be the day before that. */
const relative = new Intl.RelativeTimeFormat("en", { numeric: "always" });

/** "2 minutes ago", with the exact time on hover and for machines. `now` in epoch milliseconds. */
export function Ago({ at, now }: { at: Date; now: number }) {
  const iso = at.toISOString();
  return (
    <time dateTime={iso} title={exactly(at)} data-ago>
      {ago(at, now)}
    </time>
  );
}

/** How long ago (or ahead) `at` is, in words. */
export function ago(at: Date, now: number): string {
  const seconds = Math.round((at.getTime() - now) / 1000);
  for (const [unit, size] of UNITS) {
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  }
  return Math.abs(seconds) < 5 ? "just now" : relative.format(seconds, "second");
}

/** The exact time in UTC, for people. */
export function exactly(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
