/* Only what a page can do without: copy buttons, fresh relative times, dialogs in place of confirmation pages. Listeners
   sit on the document, so that parts which are replaced need none of their own. */

document.documentElement.dataset.script = "";

document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element)) return;
  const copying = event.target.closest("[data-copy]");
  if (copying) copy(copying);
  const closing = event.target.closest("dialog [data-close]");
  if (closing) {
    event.preventDefault();
    closing.closest("dialog").close();
  }
  const asking = event.target.closest("a[data-dialog]");
  const dialog = asking && document.getElementById(asking.dataset.dialog);
  if (dialog && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    dialog.showModal();
  }
  // No hashchange follows where the address is this one already.
  if (event.target.closest("a[href]")?.href === location.href) unfold();
});

/** Longer than Postgres may take for what a form asks of it. One that was stopped on its way can be sent again afterwards. */
const ON_ITS_WAY_MS = 35_000;
let sentAt = new WeakMap();

/* A form that is on its way is not sent once more. Pressed twice, the button that replaces a tenant's token would replace the
   new one as well, before anybody saw it. */
document.addEventListener("submit", (event) => {
  if (event.target.method !== "post") return;
  if (event.timeStamp - (sentAt.get(event.target) ?? -Infinity) < ON_ITS_WAY_MS) event.preventDefault();
  else sentAt.set(event.target, event.timeStamp);
});
addEventListener("pageshow", () => (sentAt = new WeakMap()));

/** A link to something that is folded up unfolds it. */
function unfold() {
  const named = document.querySelector(":target");
  if (named instanceof HTMLDetailsElement) named.open = true;
}
addEventListener("hashchange", unfold);
unfold();

/** What gives each copy button its own words back. */
const restoring = new WeakMap();

async function copy(button) {
  const field = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    field.select();
    return;
  }
  const label = button.querySelector("[data-copy-label]");
  // Pressed again while it says so, its own words are those from before the first time.
  label.dataset.words ??= label.textContent;
  label.textContent = "Copied";
  document.querySelector("[data-announcer]").textContent = "Copied";
  clearTimeout(restoring.get(label));
  restoring.set(label, setTimeout(() => (label.textContent = label.dataset.words), 2_000));
}

/** In the words of the server. */
const relative = new Intl.RelativeTimeFormat("en", { numeric: "always" });

/** How far this machine's clock is ahead of the server's, by which all times here are. Most are right, and some are minutes wrong. */
const ahead = clockAhead();

function clockAhead() {
  const [{ responseStart = 0 } = {}] = performance.getEntriesByType("navigation");
  const arrivedAt = Date.now() - (performance.now() - responseStart);
  return arrivedAt - Number(document.documentElement.dataset.now);
}

function ago(date) {
  const seconds = Math.round((date - (Date.now() - ahead)) / 1000);
  for (const [unit, size] of [["day", 86_400], ["hour", 3_600], ["minute", 60]]) {
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  }
  return Math.abs(seconds) < 5 ? "just now" : relative.format(seconds, "second");
}

setInterval(() => {
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const text = ago(new Date(time.dateTime));
    if (time.textContent !== text) time.textContent = text;
  }
}, 5_000);
