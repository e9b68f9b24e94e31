import type { ComponentChildren } from "preact";
import { Layout, type Viewer } from "../layout.tsx";
import type { PageProblem } from "../page.ts";
import { signInPath } from "../session/session.ts";

export type Trouble = PageProblem["kind"] | "defect";

interface Telling {
  readonly status: number;
  readonly title: string;
  readonly text: string;
}

/** What is said of each, with what to do, and the HTTP status beside it. */
export const TROUBLES = {
  "not-found": {
    status: 404,
    title: "There is nothing here",
    text: "The address may be mistyped, what it named may be gone, or it belongs to somebody you are not signed in as.",
  },
  "bad-form": {
    status: 400,
    title: "That form could not be read",
    text: "It was too large, or damaged on the way. Nothing was changed. Open the page again and send it once more.",
  },
  "stale-form": {
    status: 403,
    title: "That form was out of date",
    text: "It was opened before you last signed in, or somewhere else. Nothing was changed. Open the page again and send it once more.",
  },
  "sign-in": {
    status: 401,
    title: "Your session has ended",
    text: "You were signed out, or the token you signed in with was replaced. Nothing was changed. Sign in again to go on where you were.",
  },
  unavailable: {
    status: 503,
    title: "Not available at the moment",
    text: "The database or the queue does not answer. Webhooks that arrive meanwhile are not lost: their providers send them again. Try again in a few seconds.",
  },
  defect: {
    status: 500,
    title: "Something went wrong on our side",
    text: "It has been noted in the log. Trying again may help; if it does not, show the log to whoever runs Mara.",
  },
} as const satisfies Record<Trouble, Telling>;

export interface TroublePageProps {
  readonly viewer: Viewer;
  readonly trouble: Trouble;
  /** The page that the visitor came from. */
  readonly back: string;
}

export function TroublePage({ viewer, trouble, back }: TroublePageProps) {
  const { title, text, status } = TROUBLES[trouble];
  return (
    <Layout viewer={viewer} title={title}>
      <div class="narrow stack">
        <p class="soft small">{status}</p>
        <h1>{title}</h1>
        <p>{text}</p>
        <p class="row">
          <WayOut trouble={trouble} viewer={viewer} back={back} />
        </p>
      </div>
    </Layout>
  );
}

function WayOut({ trouble, viewer, back }: TroublePageProps) {
  switch (trouble) {
    case "sign-in":
      return <LinkTo to={signInPath(back)}>Sign in again</LinkTo>;
    case "bad-form":
    case "stale-form":
      return <LinkTo to={back}>Open the page again</LinkTo>;
    case "unavailable":
    case "defect":
      return <LinkTo to={back === "/" ? viewer.here : back}>Try again</LinkTo>;
    case "not-found":
      return viewer.who ? <LinkTo to="/">To the beginning</LinkTo> : <LinkTo to="/sign-in">Sign in</LinkTo>;
  }
}

function LinkTo({ to, children }: { to: string; children: ComponentChildren }) {
  return (
    <a class="button" data-kind="primary" href={to}>
      {children}
    </a>
  );
}
