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
  #cookie = "";
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
    const headers = { accept: "text/html", cookie: this.#cookie, ...(init.headers as Record<string, string> | undefined) };
    const response = await fetch(this.#url + path, { ...init, headers, redirect: "manual" });
    const [cookie] = response.headers.getSetCookie();
    if (cookie !== undefined) this.#cookie = cookie.split(";", 1)[0] ?? "";
    const html = await response.text();
    return { status: response.status, headers: response.headers, html, text: textOf(html) };
  }
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
