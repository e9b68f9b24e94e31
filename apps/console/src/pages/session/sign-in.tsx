import { Layout, type Viewer } from "../layout.tsx";
import { Notice } from "../parts/small.tsx";

export interface SignInProps {
  readonly viewer: Viewer;
  /** Where to go afterwards. */
  readonly back: string;
  readonly problem?: string;
}

export function SignIn({ viewer, back, problem }: SignInProps) {
  return (
    <Layout viewer={viewer} title="Sign in">
      <div class="narrow stack">
        <h1>Sign in</h1>
        {problem && <Notice tone="bad">{problem}</Notice>}
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
              aria-describedby="token-hint"
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
