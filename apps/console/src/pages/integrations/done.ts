/** What a form did, said when it leads back to its page; the keys stand in the address. */
const DONE = {
  secret: "Saved. Deliveries that are signed with it are accepted from now on.",
  "secret-replaced": "Replaced. Put the new secret to use at the provider; the one before it goes on being accepted for as long as its badge says.",
  "api-key": "Saved. The next import uses this key.",
  "import-started": "The import has begun.",
  "import-running": "An import is under way already.",
  "import-no-key": "There is no API key to import with. Paste one first.",
  "import-canceled": "Canceled: the page in hand is the last.",
  "signup-event": "Saved.",
  removed: "Removed. Contacts and events are still there.",
} as const satisfies Record<string, string>;

export type Done = keyof typeof DONE;

/** What to say; null where the address says nothing that there is. */
export function saidOf(done: unknown): string | null {
  return typeof done === "string" && isDone(done) ? DONE[done] : null;
}

function isDone(text: string): text is Done {
  return Object.hasOwn(DONE, text);
}
