import { listen, type Listening } from "@mara/runtime";
import type { IncomingMessage, ServerResponse } from "node:http";
import { clerkUser, clerkUserId, type ClerkUser } from "./fake-clerk-user.ts";

/** What a page request gets instead of its page. `hang` never answers; `drop` cuts the connection. */
export type ClerkTrouble =
  | "hang"
  | "drop"
  /**
   * `text` is sent as it stands, as HTML; otherwise the answer is a problem in Clerk's form. Whoever asks again before
   * `retryAfter` (seconds) is over gets the same once more.
   */
  | { readonly status: number; readonly retryAfter?: number; readonly text?: string };

export interface ClerkRequest {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Null where no answer was given. */
  status: number | null;
}

export interface FakeClerkOptions {
  /** How many users there are at first. Default 0. */
  readonly users?: number;
  /** The only key that is let in. Default `sk_test_fake`. */
  readonly secretKey?: string;
  /** Whether `starting_after` is known, as it is since August 2026; otherwise 422. Default true. */
  readonly cursor?: boolean;
  /** Whether to go on after a user who is not there is refused; otherwise nobody comes after them. Default true. */
  readonly refusesUnknown?: boolean;
  /** Parameters that are passed over without a word. Default none. */
  readonly ignores?: readonly ("starting_after" | "offset")[];
  /** Whether users are counted; otherwise 404. Default true. */
  readonly counts?: boolean;
  /** What a page holds of a user. Default: all. */
  readonly listed?: (user: ClerkUser) => unknown;
  /** Default: any free one. */
  readonly port?: number;
}

/** Clerk's Backend API as far as listing users goes, over real HTTP, on 127.0.0.1. */
export class FakeClerk {
  /** Another one takes its place where it is set. */
  secretKey: string;
  readonly requests: ClerkRequest[] = [];
  /** Keys that are told to come again after so many seconds, or at that date as HTTP writes it, however often they ask. */
  readonly toldToWait = new Map<string, number | string>();
  /** Runs before each page is read from the list, with its number from 0: to grow the list, or to hold the page back. */
  beforePage: (page: number) => void | Promise<void> = () => undefined;
  readonly #cursor: boolean;
  readonly #refusesUnknown: boolean;
  readonly #ignores: readonly string[];
  readonly #counts: boolean;
  readonly #listed: (user: ClerkUser) => unknown;
  readonly #changes = new Map<string, ClerkUser>();
  readonly #troubles: ClerkTrouble[] = [];
  /** In the order of sign-up. Users themselves are made when they are asked for. */
  #ids: string[];
  #signedUp: number;
  #pages = 0;
  #throttled = { until: 0, status: 429 };
  #server: Listening | null = null;

  constructor(options: FakeClerkOptions) {
    this.secretKey = options.secretKey ?? "sk_test_fake";
    this.#cursor = options.cursor ?? true;
    this.#refusesUnknown = options.refusesUnknown ?? true;
    this.#ignores = options.ignores ?? [];
    this.#counts = options.counts ?? true;
    this.#listed = options.listed ?? ((user) => user);
    this.#signedUp = options.users ?? 0;
    this.#ids = Array.from({ length: this.#signedUp }, (_, index) => clerkUserId(index));
  }

  get url(): string {
    if (this.#server === null) throw new Error("the fake Clerk does not listen yet");
    return this.#server.url;
  }

  get count(): number {
    return this.#ids.length;
  }

  /** Of those who have not been removed, in the order of sign-up. */
  get ids(): readonly string[] {
    return this.#ids;
  }

  get pageRequests(): readonly ClerkRequest[] {
    return this.requests.filter((request) => request.path === "/v1/users");
  }

  /** Somebody signs up. */
  add(changes: Partial<ClerkUser> = {}): ClerkUser {
    const user = { ...clerkUser(this.#signedUp++), ...changes };
    this.#ids.push(user.id);
    this.#changes.set(user.id, user);
    return user;
  }

  change(id: string, changes: Partial<ClerkUser>): void {
    this.#changes.set(id, { ...this.#read(id), ...changes });
  }

  remove(id: string): void {
    this.#ids = this.#ids.filter((known) => known !== id);
  }

  /** The next page requests meet these troubles, one each, in order. */
  trouble(...troubles: readonly ClerkTrouble[]): void {
    this.#troubles.push(...troubles);
  }

  async listen(port: number): Promise<void> {
    const answer = (request: IncomingMessage, response: ServerResponse) => void this.#answer(request, response);
    this.#server = await listen(answer, { host: "127.0.0.1", port, limits: { drainMs: 0 } });
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname: path, searchParams } = new URL(request.url ?? "/", "http://clerk.test");
    const seen: ClerkRequest = { path, query: Object.fromEntries(searchParams), status: null };
    this.requests.push(seen);
    const send = (status: number, body: unknown, headers: Record<string, string> = {}) => {
      seen.status = status;
      // The SDK parses JSON only under exactly this content type.
      response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
    };

    const wait = this.toldToWait.get(request.headers.authorization?.slice("Bearer ".length) ?? "");
    if (wait !== undefined) return send(429, problem("too_many_requests", "Too many requests."), { "retry-after": String(wait) });
    if (request.headers.authorization !== `Bearer ${this.secretKey}`) {
      return send(401, problem("clerk_key_invalid", "The provided Clerk Secret Key is invalid."));
    }
    if (request.method !== "GET") return send(405, problem("method_not_allowed", "Method not allowed."));
    if (path === "/v1/users/count" && this.#counts) return send(200, { object: "total_count", total_count: this.count });
    if (path !== "/v1/users") return send(404, problem("resource_not_found", "Resource not found."));

    await this.beforePage(this.#pages++);
    if (Date.now() < this.#throttled.until) return send(this.#throttled.status, problem("too_soon", "Too soon."), { "retry-after": "1" });
    const trouble = this.#troubles.shift();
    if (trouble === "hang") return;
    if (trouble === "drop") return void response.destroy();
    if (trouble?.text !== undefined) {
      seen.status = trouble.status;
      return void response.writeHead(trouble.status, { "content-type": "text/html" }).end(trouble.text);
    }
    if (trouble !== undefined) {
      const wait = trouble.retryAfter === undefined ? {} : { "retry-after": String(trouble.retryAfter) };
      this.#throttled = { until: Date.now() + (trouble.retryAfter ?? 0) * 1_000, status: trouble.status };
      return send(trouble.status, problem("trouble", "The request can't be served now."), wait);
    }
    const page = this.#page(searchParams);
    if (page === null) return send(422, problem("request_invalid", "These parameters can't be combined."));
    send(200, page);
  }

  /** Null where the parameters are refused. */
  #page(asked: URLSearchParams): unknown[] | null {
    const query = new URLSearchParams([...asked].filter(([name]) => !this.#ignores.includes(name)));
    const most = Number(query.get("limit") ?? 10);
    // More than 500 is not refused but falls back to the default: https://github.com/clerk/clerk-sdk-python/issues/166
    const limit = Number.isInteger(most) && most >= 1 && most <= 500 ? most : 10;
    const order = query.get("order_by") ?? "-created_at";
    const after = query.get("starting_after");
    const ids = order === "-created_at" ? this.#ids.toReversed() : this.#ids;
    let from = Number(query.get("offset") ?? 0);
    if (after !== null) {
      const at = ids.indexOf(after);
      if (!this.#cursor || query.has("offset") || !/^[+-]?created_at$/.test(order)) return null;
      if (at < 0) return this.#refusesUnknown ? null : [];
      from = at + 1;
    }
    return ids.slice(from, from + limit).map((id) => this.#listed(this.#read(id)));
  }

  #read(id: string): ClerkUser {
    return this.#changes.get(id) ?? clerkUser(Number(id.slice("user_".length)));
  }
}

/** Starts a fake Clerk. Whoever starts it closes it. */
export async function startFakeClerk(options: FakeClerkOptions = {}): Promise<FakeClerk> {
  const clerk = new FakeClerk(options);
  await clerk.listen(options.port ?? 0);
  return clerk;
}

function problem(code: string, message: string): object {
  return { errors: [{ code, message, long_message: message }], clerk_trace_id: "fake-trace" };
}
