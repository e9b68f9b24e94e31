import type { Tenant } from "@mara/store";
import { Layout, pathOf, type Viewer } from "../layout.tsx";
import { Csrf } from "../parts/small.tsx";

/** Asks before a token is replaced: whatever uses the old one stops working. */
export function RotateToken({ viewer, tenant }: { viewer: Viewer; tenant: Tenant }) {
  return (
    <Layout viewer={viewer} title="Replace the token" tenant={tenant}>
      <div class="narrow stack">
        <h1>
          Replace the token of <bdi>{tenant.name}</bdi>?
        </h1>
        <p>
          The present token stops working at once: in every program that calls the API with it, and wherever somebody signed in with it.
          Webhooks go on arriving, they do not use it.
        </p>
        <form class="row" method="post" action={`/tenants/${tenant.id}/token`}>
          <Csrf viewer={viewer} />
          <button data-kind="danger">Replace the token</button>
          <a class="button" data-kind="quiet" href={pathOf(tenant.id, "integrations")}>
            Keep it
          </a>
        </form>
      </div>
    </Layout>
  );
}
