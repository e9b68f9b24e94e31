import { ADMIN_TOKEN, type OpenConsole } from "./open-console.ts";

export interface Visited {
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;
  /** What a reader reads, without tags: what is between them is parted by spaces. */
  readonly text: string;
}

/** Somebody with a browser that runs no script. */
export class Visitor {
  readonly #url: string;
  readonly #cookies = new Map<string, Cookie>();
  #csrf = "";

  constructor(console: Pick<OpenConsole, "url">) {
    this.#url = console.url;
  }

  /** Somebody who is signed in, by default as the operator. */
  static async signedIn(console: Pick<OpenConsole, "url">, token: string = ADMIN_TOKEN): Promise<Visitor> {
    const visitor = new Visitor(console);
    const { status } = await visitor.submit("/sign-in", { token });
    if (status !== 303) throw new Error(`signing in was answered with ${status}`);
    return visitor;
  }

  /** Opens a page. Redirects are not followed. */
  async open(path: string): Promise<Visited> {
    const visited = await this.#fetch(path, {});
    this.#csrf = /name="csrf" value="([^"]*)"/.exec(visited.html)?.[1] ?? this.#csrf;
    return visited;
  }

  /** Opens a page, and the pages that it redirects to. */
  async follow(path: string): Promise<Visited> {
    const visited = await this.open(path);
    const next = visited.headers.get("location");
    return next === null ? visited : this.follow(next.split("#")[0] ?? "/");
  }

  /** Sends a form of the page that was opened last. */
  submit(path: string, fields: Readonly<Record<string, string>> = {}): Promise<Visited> {
    return this.#fetch(path, {
      method: "POST",
      body: new URLSearchParams({ csrf: this.#csrf, ...fields }),
      headers: { "sec-fetch-site": "same-origin" },
    });
  }

  async #fetch(path: string, init: RequestInit): Promise<Visited> {
    const headers = { accept: "text/html", cookie: this.#cookiesAt(path), ...(init.headers as Record<string, string> | undefined) };
    const response = await fetch(this.#url + path, { ...init, headers, redirect: "manual" });
    for (const cookie of response.headers.getSetCookie()) this.#keep(cookie);
    const html = await response.text();
    return { status: response.status, headers: response.headers, html, text: textOf(html) };
  }

  /** Takes along a cookie that was made for somebody else. */
  carry(pair: string): void {
    this.#keep(pair);
  }

  /** A cookie is one by its name and its path together. */
  #keep(given: string): void {
    const [pair = "", ...attributes] = given.split("; ");
    const [name = ""] = pair.split("=", 1);
    const path = attributes.find((attribute) => attribute.startsWith("Path="))?.slice("Path=".length) ?? "/";
    const key = `${name} ${path}`;
    const expires = attributes.find((attribute) => attribute.startsWith("Expires="))?.slice("Expires=".length);
    if (expires !== undefined && Date.parse(expires) <= 0) this.#cookies.delete(key);
    else this.#cookies.set(key, { pair, path });
  }

  /** Those of this page, and of the pages above it. */
  #cookiesAt(address: string): string {
    const [path = "/"] = address.split("?", 1);
    const isAbove = (above: string) => path === above || path.startsWith(above.endsWith("/") ? above : `${above}/`);
    return [...this.#cookies.values()].flatMap((cookie) => (isAbove(cookie.path) ? cookie.pair : [])).join("; ");
  }
}

interface Cookie {
  /** Its name and its value. */
  readonly pair: string;
  readonly path: string;
}

const ENTITIES: Readonly<Record<string, string>> = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&" };

function textOf(html: string): string {
  const bare = html.replace(/<(script|style)[^>]*>.*?<\/\1>/gs, " ").replace(/<[^>]*>/g, " ");
  return bare.replace(/&(?:lt|gt|quot|amp|#39);/g, (entity) => ENTITIES[entity] ?? entity).replace(/\s+/g, " ");
}

/** The addresses that a page links to with these words. */
export function linksOf({ html }: Visited, words: string): string[] {
  const links = [...html.matchAll(/<a\b[^>]*\bhref="([^"]*)"[^>]*>(.*?)<\/a>/gs)];
  return links.filter(([, , inner = ""]) => textOf(inner).trim() === words).map(([, href = ""]) => href.replaceAll("&amp;", "&"));
}

/** The address of the one link with these words. */
export function linkOf(visited: Visited, words: string): string {
  const [link, ...others] = linksOf(visited, words);
  if (link === undefined || others.length > 0) throw new Error(`the page has ${others.length + (link ? 1 : 0)} links "${words}"`);
  return link;
}
