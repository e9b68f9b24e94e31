/* Keeps the parts of a page that say so (`data-live`) as the server tells them. The page is whole without it. */

const main = document.querySelector("[data-stream]");
const announcer = document.querySelector("[data-announcer]");
const state = document.querySelector("[data-stream-state]");
const said = new Map();
const toSay = new Map();
let source = null;
let again = null;
let isLeaving = false;

function open() {
  clearTimeout(again);
  const stream = new EventSource(main.dataset.stream);
  source = stream;
  source.addEventListener("open", () => show("Live"));
  source.addEventListener("fragment", ({ data }) => take(JSON.parse(data)));
  source.addEventListener("trouble", () => show("Paused: the database does not answer"));
  source.addEventListener("well", () => show("Live"));
  // The session ended: the page itself leads to where one signs in.
  source.addEventListener("bye", () => isLeaving || openAnew());
  // The server has no more to tell. A browser would come back by itself and be told the same again.
  source.addEventListener("end", () => {
    close();
    if (state !== null) state.hidden = true;
  });
  source.addEventListener("error", () => {
    show("Reconnecting");
    if (stream.readyState === EventSource.CLOSED) void comeBack(stream);
  });
}

/**
 * The server refused the stream, and the browser asks for it no more. Where the page itself is refused as well, nothing that
 * it shows may stay in sight: the session ended while this page was hidden or away, and heard of no goodbye.
 */
async function comeBack(refused) {
  const page = await fetch(main.dataset.here, { headers: { accept: "text/html" }, redirect: "manual" }).catch(() => null);
  void page?.body?.cancel();
  const isGone = page?.type === "opaqueredirect" || page?.status === 404;
  if (isGone && !isLeaving) openAnew();
  else if (source === refused) again = setTimeout(open, 10_000);
}

/** Not `location.reload`: on the page of a form that was refused it would send that form again, and first ask whether it may. */
function openAnew() {
  location.replace(main.dataset.here);
}

function close() {
  clearTimeout(again);
  source?.close();
  source = null;
}

// A hidden page watches nothing: browsers allow only a few connections to one server, over all their tabs.
function followVisibility() {
  if (document.hidden) close();
  else if (source === null) open();
}

function show(text) {
  if (state === null) return;
  state.hidden = false;
  state.textContent = text;
  state.dataset.streamState = text === "Live" ? "live" : "away";
}

function take({ name, html }) {
  const here = document.querySelector(`[data-live="${CSS.escape(name)}"]`);
  if (here === null) return;
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  morphChildren(here, fresh.content);
  announce(name, here);
}

/** Says aloud what a part has to say, once it says something else than the page did. */
function announce(name, here) {
  const text = wordsOf(here);
  const isNew = said.get(name) !== text && text !== "";
  said.set(name, text);
  if (!isNew) return;
  // What else is told in the same breath is said with it: each alone would be overwritten before anybody heard it.
  if (toSay.size === 0) setTimeout(sayAll, 200);
  toSay.set(name, text);
}

function sayAll() {
  announcer.textContent = [...toSay.values()].join(". ");
  toSay.clear();
}

function wordsOf(here) {
  return [...here.querySelectorAll("[data-say]")].map((part) => part.dataset.say).join(". ");
}

/** Makes the children of `here` those of `fresh`, keeping every node that can stay: with it stay focus, selection and what is open. */
function morphChildren(here, fresh) {
  const keyed = new Map([...here.children].flatMap((child) => (keyOf(child) ? [[keyOf(child), child]] : [])));
  // First of all what goes: a node that is moved past it would lose the focus that is in it.
  const staying = new Set([...fresh.children].map(keyOf));
  for (const [key, child] of keyed) if (!staying.has(key)) child.remove();
  let at = here.firstChild;
  for (const next of Array.from(fresh.childNodes)) {
    const key = keyOf(next);
    const kept = key ? keyed.get(key) : at !== null && !keyOf(at) && isAlike(at, next) ? at : null;
    if (!kept) {
      here.insertBefore(next, at);
      continue;
    }
    if (kept === at) at = at.nextSibling;
    else here.insertBefore(kept, at);
    morph(kept, next);
  }
  while (at !== null) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function morph(here, fresh) {
  if (here.nodeType !== Node.ELEMENT_NODE) {
    if (here.nodeValue !== fresh.nodeValue) here.nodeValue = fresh.nodeValue;
    return;
  }
  for (const { name } of Array.from(here.attributes)) {
    if (!fresh.hasAttribute(name) && !isVisitors(here, name)) here.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (here.getAttribute(name) !== value) here.setAttribute(name, value);
  }
  morphChildren(here, fresh);
}

/** What the visitor did to the page, and not the server. */
function isVisitors(node, attribute) {
  return attribute === "open" && (node.nodeName === "DETAILS" || node.nodeName === "DIALOG");
}

function keyOf(node) {
  return node.nodeType === Node.ELEMENT_NODE ? node.id || node.dataset.key || null : null;
}

function isAlike(a, b) {
  return a.nodeType === b.nodeType && a.nodeName === b.nodeName;
}

for (const here of document.querySelectorAll("[data-live]")) said.set(here.dataset.live, wordsOf(here));

// Whoever signs out here is on their way to another page already: loading this one again would take them off it.
addEventListener("beforeunload", () => (isLeaving = true));
document.addEventListener("visibilitychange", followVisibility);
addEventListener("pagehide", close);
addEventListener("pageshow", () => {
  isLeaving = false;
  followVisibility();
});
followVisibility();
