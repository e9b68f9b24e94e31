import { Router } from "express";
import type { RateLimiterAbstract } from "rate-limiter-flexible";
import { fieldOf, PageProblem, show, signedIn, THEME_COOKIE, viewerOf, type Pages } from "../page.ts";
import { countAttempt, networkOf } from "../../attempts.ts";
import { isSameOrigin, safePath } from "./session.ts";
import { SignIn } from "./sign-in.tsx";

const YEAR_MS = 365 * 86_400_000;

/** Signing in and out, and the choice of colours. `attempts` counts failed sign-ins by network. */
export function sessionPages(pages: Pages, attempts: RateLimiterAbstract): Router {
  const { sessions } = pages;
  const router = Router();

  router.get("/sign-in", async (request, response) => {
    const back = safePath(request.query.back);
    const end = await sessions.endOf(request, response);
    if (await sessions.read(request, response)) return response.redirect(303, back);
    show(response, <SignIn viewer={viewerOf(request, null)} back={back} end={end} />);
  });

  router.post("/sign-in", async (request, response) => {
    if (!isSameOrigin(request)) throw new PageProblem("stale-form");
    const back = safePath(fieldOf(request, "back"));
    const network = networkOf(request.ip);
    const refuse = (status: number, problem: string) =>
      show(response, <SignIn viewer={viewerOf(request, null)} back={back} problem={problem} />, status);

    // Counted before the token is looked at, so that many attempts at the same moment count as many.
    const retryAfter = await countAttempt(attempts, network);
    if (retryAfter !== null) {
      const minutes = Math.ceil(retryAfter / 60);
      response.set("retry-after", String(minutes * 60));
      return refuse(429, `Too many attempts from here. Try again in ${minutes === 1 ? "a minute" : `${minutes} minutes`}.`);
    }
    const session = await sessions.begin(request, response, (fieldOf(request, "token") ?? "").trim());
    if (session === null) {
      return refuse(401, "Nobody has this token. Check that all of it was pasted; a token that was replaced no longer works.");
    }
    await attempts.reward(network);
    response.redirect(303, back);
  });

  router.post(
    "/sign-out",
    signedIn(pages, async ({ request, response }) => {
      await sessions.end(request, response);
      response.redirect(303, "/sign-in");
    }),
  );

  router.post("/theme", (request, response) => {
    if (!isSameOrigin(request)) throw new PageProblem("stale-form");
    const theme = fieldOf(request, "theme");
    const options = { httpOnly: true, sameSite: "lax", secure: request.secure, path: "/" } as const;
    if (theme === "dark" || theme === "light") response.cookie(THEME_COOKIE, theme, { ...options, maxAge: YEAR_MS });
    else response.clearCookie(THEME_COOKIE, options);
    response.redirect(303, safePath(fieldOf(request, "back")));
  });

  return router;
}
