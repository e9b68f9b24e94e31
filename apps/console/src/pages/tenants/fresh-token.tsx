import type { Tenant } from "@mara/store";
import { Layout, pathOf, type Viewer } from "../layout.tsx";
import { Copy, Notice } from "../parts/small.tsx";

export interface FreshTokenProps {
  readonly viewer: Viewer;
  readonly tenant: Tenant;
  readonly token: string;
  /** The tenant was made with it. */
  readonly isNew: boolean;
}

/** Shows a token, once. */
export function FreshToken({ viewer, tenant, token, isNew }: FreshTokenProps) {
  return (
    <Layout viewer={viewer} title={isNew ? "Tenant made" : "New token"} tenant={tenant}>
      <div class="narrow stack">
        <h1>
          {isNew ? "Made: " : "New token of "}
          <bdi>{tenant.name}</bdi>
        </h1>
        <Notice tone="warn">
          Copy the token now: it is not shown again. {isNew ? "A lost one can be replaced." : "The one before it no longer works."}
        </Notice>
        <div class="card">
          <Copy id="token" label="Token" value={token} />
          <p class="hint">
            It signs in here, and opens the API: <code>Authorization: Bearer mara_…</code>
          </p>
        </div>
        <a class="button" data-kind="primary" href={pathOf(tenant.id, "integrations")}>
          Set up its integrations
        </a>
      </div>
    </Layout>
  );
}

/** What stands in its place when the page is opened again. */
export function TokenWasShown({ viewer, tenant }: Pick<FreshTokenProps, "viewer" | "tenant">) {
  return (
    <Layout viewer={viewer} title="Token" tenant={tenant}>
      <div class="narrow stack">
        <h1>
          The token of <bdi>{tenant.name}</bdi> was shown once
        </h1>
        <p>It is not kept here, so it can't be shown again. If nobody copied it, replace it with a new one.</p>
        <p class="row">
          <a class="button" data-kind="primary" href={pathOf(tenant.id, "integrations")}>
            Set up its integrations
          </a>
          <a class="button" data-kind="quiet" href={`/tenants/${tenant.id}/token`}>
            Replace the token
          </a>
        </p>
      </div>
    </Layout>
  );
}
