import { hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";
import type { Request, Response } from "express";
import { getIronSession, type IronSession, type SessionOptions } from "iron-session";
import { callerOfToken, type Caller } from "../../auth.ts";
import type { Backing } from "../../backing.ts";

const COOKIE = "mara_session";
const DAY_SECONDS = 86_400;

/** How long a session lasts. */
export const SESSION_DAYS = 7;

/**
 * What the sealed cookie holds. The token itself, so that it is looked up at each request: when it is replaced, its
 * sessions end at once, on every console.
 */
interface Kept {
  token?: string;
  csrf?: string;
}

/** Somebody who signed in. */
export interface Session {
  readonly caller: Caller;
  /** What every form of this session carries. */
  readonly csrf: string;
}

/** Why a session is no longer good: its token was replaced, or its cookie is too old or can't be opened any more. */
export type SessionEnd = "token-replaced" | "expired";

export interface Sessions {
  /** Who is signed in; null for nobody, also when the session expired or its token was replaced. */
  read(request: Request, response: Response): Promise<Session | null>;
  /** Why the session whose cookie came along is no longer good; null where it is good, or none came along. */
  endOf(request: Request, response: Response): Promise<SessionEnd | null>;
  /** Signs in; null where the token is nobody's. */
  begin(request: Request, response: Response, token: string): Promise<Session | null>;
  /** Signs out. */
  end(request: Request, response: Response): Promise<void>;
  /** Calls `ended` with each session that signs out on this console. */
  onEnd(ended: (csrf: Session["csrf"]) => void): void;
  /** Whether a session signed out lately, on whichever console. */
  hasEnded(csrf: Session["csrf"]): Promise<boolean>;
}

/** Longer than the time between two looks at whether a stream's visitor may still watch. */
const REMEMBERED_SECONDS = 120;

const HAS_COOKIE = new RegExp(`(?:^|; ?)${COOKIE}=[^;]`);

const endedKey = (csrf: string) => `console-signed-out:${csrf}`;

/** @param secret seals the cookies; the same on every console, so that each of them knows every session */
export function createSessions(backing: Pick<Backing, "store" | "adminToken" | "redis">, secret: Buffer): Sessions {
  const password = Buffer.from(hkdfSync("sha256", secret, "", "console session", 32)).toString("base64");

  const listeners = new Set<(csrf: string) => void>();

  async function keptBy(request: Request, response: Response): Promise<IronSession<Kept>> {
    const options: SessionOptions = {
      cookieName: COOKIE,
      password,
      ttl: SESSION_DAYS * DAY_SECONDS,
      // Lax, so that a link from a mail or a chat finds one signed in; forms are guarded by their own token.
      cookieOptions: { httpOnly: true, sameSite: "lax", secure: request.secure, path: "/" },
    };
    try {
      return await getIronSession<Kept>(request, response, options);
    } catch {
      // For the library some seals that nobody made are a failure, and not just no session.
      delete request.headers.cookie;
      return getIronSession<Kept>(request, response, options);
    }
  }

  return {
    read: async (request, response) => {
      const { token, csrf } = await keptBy(request, response);
      if (token === undefined || csrf === undefined) return null;
      const caller = await callerOfToken(backing, token);
      return caller && { caller, csrf };
    },
    endOf: async (request, response) => {
      if (!HAS_COOKIE.test(request.get("cookie") ?? "")) return null;
      const { token } = await keptBy(request, response);
      if (token === undefined) return "expired";
      return (await callerOfToken(backing, token)) === null ? "token-replaced" : null;
    },
    begin: async (request, response, token) => {
      const caller = await callerOfToken(backing, token);
      if (caller === null) return null;
      const kept = await keptBy(request, response);
      const csrf = randomBytes(24).toString("base64url");
      Object.assign(kept, { token, csrf } satisfies Kept);
      await kept.save();
      return { caller, csrf };
    },
    end: async (request, response) => {
      const kept = await keptBy(request, response);
      const { csrf } = kept;
      kept.destroy();
      if (csrf === undefined) return;
      // Only once the browser has forgotten the session: a page that is sent away before would come back signed in.
      response.once("close", () => listeners.forEach((ended) => ended(csrf)));
      // Signing out works while Redis is away: only streams on other consoles then go on until their page is closed.
      await backing.redis.call("SET", endedKey(csrf), "1", "EX", REMEMBERED_SECONDS).catch(() => undefined);
    },
    onEnd: (ended) => void listeners.add(ended),
    hasEnded: async (csrf) => (await backing.redis.call("EXISTS", endedKey(csrf)).catch(() => 0)) === 1,
  };
}

/** Whether a form was made for this session. In constant time. */
export function isOfSession(session: Session, given: unknown): boolean {
  if (typeof given !== "string") return false;
  const [a, b] = [Buffer.from(given), Buffer.from(session.csrf)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/**
 * Whether a request was made by a page of this console, as the browser tells. Old browsers send no `Sec-Fetch-Site`; then
 * the `Origin` must name the host that was asked. Source: W3C, Fetch Metadata Request Headers.
 */
export function isSameOrigin(request: Request): boolean {
  const site = request.get("sec-fetch-site");
  if (site !== undefined) return site === "same-origin" || site === "none";
  const origin = request.get("origin");
  if (origin === undefined || !URL.canParse(origin)) return false;
  return new URL(origin).host === request.get("host");
}

/** Where to go after signing in: a path of this console, never another site's. */
export function safePath(path: unknown): string {
  return typeof path === "string" && /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(path) && path.length <= 2_000 ? path : "/";
}

/** The sign-in page, told to lead back to a path of this console afterwards. */
export function signInPath(path: string): string {
  const back = safePath(path);
  return back === "/" ? "/sign-in" : `/sign-in?back=${encodeURIComponent(back)}`;
}
