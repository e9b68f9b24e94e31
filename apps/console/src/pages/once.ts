import { hkdfSync } from "node:crypto";
import type { Request, Response } from "express";
import { sealData, unsealData } from "iron-session";
import type { z } from "zod";
import type { Session } from "./session/session.ts";

const COOKIE = "mara_once";

/** A redirect takes less. Whoever opens the page later finds it as it always is. */
const TTL_SECONDS = 60;

/** What the sealed cookie holds. */
interface Kept {
  /** The page that is told. */
  path?: string;
  /** Whose it is: another session in the same browser is told nothing. */
  csrf?: string;
  told?: unknown;
}

interface Visit {
  readonly request: Request;
  readonly response: Response;
  readonly session: Session;
}

/**
 * What a form tells the page that it leads to, once: after a reload the page says no more of it, and nothing is sent again.
 * It goes there in a sealed cookie of that page, never in its address, so that a token may be told as well.
 */
export interface Once {
  /** Sends the visitor on to a page of this console. `to` is its path, with its query and its place on the page. */
  leadTo(visit: Visit, to: string, told: unknown): Promise<void>;
  /** What this page is told; null where it is nothing, or nothing of this form. It is forgotten with that. */
  take<Told>(visit: Visit, form: z.ZodType<Told>): Promise<Told | null>;
}

/** @param secret seals the cookies; the same on every console */
export function createOnce(secret: Buffer): Once {
  const password = Buffer.from(hkdfSync("sha256", secret, "", "console once", 32)).toString("base64");
  const optionsAt = ({ request }: Visit, path: string) => ({ httpOnly: true, sameSite: "strict", secure: request.secure, path }) as const;

  return {
    leadTo: async (visit, to, told) => {
      const path = to.split(/[?#]/, 1)[0] ?? "/";
      const kept: Kept = { path, csrf: visit.session.csrf, told };
      const sealed = await sealData(kept, { password, ttl: TTL_SECONDS });
      visit.response.cookie(COOKIE, sealed, { ...optionsAt(visit, path), maxAge: TTL_SECONDS * 1_000 });
      visit.response.redirect(303, to);
    },
    take: async (visit, form) => {
      const { path } = visit.request;
      for (const sealed of givenBy(visit.request)) {
        const kept = await unsealData<Kept>(sealed, { password, ttl: TTL_SECONDS }).catch((): Kept => ({}));
        // A page above this one may be told something at the same time: that is left to it.
        if (kept.path !== path || kept.csrf !== visit.session.csrf) continue;
        visit.response.clearCookie(COOKIE, optionsAt(visit, path));
        return form.safeParse(kept.told).data ?? null;
      }
      return null;
    },
  };
}

/** A browser sends the cookies of this page and of those above it, all by the same name. */
function givenBy(request: Request): string[] {
  const cookies = (request.get("cookie") ?? "").split(/; ?/);
  return cookies.filter((cookie) => cookie.startsWith(`${COOKIE}=`)).map((cookie) => cookie.slice(COOKIE.length + 1));
}
