import { Layout, type Viewer } from "../layout.tsx";
import { Notice } from "../parts/small.tsx";
import { SESSION_DAYS, type SessionEnd } from "./session.ts";

export interface SignInProps {
  readonly viewer: Viewer;
  /** Where to go afterwards. */
  readonly back: string;
  readonly problem?: string;
  /** Why the visitor, who was signed in, is so no longer. */
  readonly end?: SessionEnd | null;
}

const ENDS = {
  "token-replaced": "You were signed out: the token that you signed in with was replaced. Sign in with the new one to go on where you were.",
  expired: `You were signed out: a session lasts ${SESSION_DAYS} days, and ends sooner where the key that seals it is changed. Sign in again to go on where you were.`,
} as const satisfies Record<SessionEnd, string>;

export function SignIn({ viewer, back, problem, end = null }: SignInProps) {
  return (
    <Layout viewer={viewer} title="Sign in">
      <div class="narrow stack">
        <h1>Sign in</h1>
        {end !== null && <Notice tone="warn">{ENDS[end]}</Notice>}
        {problem && (
          <div id="token-problem">
            <Notice tone="bad">{problem}</Notice>
          </div>
        )}
        <form class="card" method="post" action="/sign-in">
          <input type="hidden" name="back" value={back} />
          <div class="field">
            <label for="token">Token</label>
            <input
              id="token"
              name="token"
              type="password"
              autoComplete="current-password"
              required
              maxLength={512}
              autofocus
              aria-describedby={problem ? "token-problem token-hint" : "token-hint"}
              {...(problem ? { "aria-invalid": "true" } : {})}
            />
            <p class="hint" id="token-hint">
              A tenant's own token (<code>mara_…</code>), or the operator's: the command that started Mara printed it.
            </p>
          </div>
          <button data-kind="primary">Sign in</button>
        </form>
      </div>
    </Layout>
  );
}
