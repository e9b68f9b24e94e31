import type { Tenant } from "@mara/store";
import { Layout, pathOf, type Viewer } from "../layout.tsx";
import { Csrf, Empty, Foreign, Pager, TextField } from "../parts/small.tsx";
import { Ago } from "../parts/time.tsx";

/** What was typed into the form for a new tenant, and what is wrong with it. */
export interface TenantForm {
  readonly name: string;
  readonly id: string;
  readonly problem: { readonly field: "name" | "id"; readonly message: string };
}

export interface TenantListProps {
  readonly viewer: Viewer;
  readonly tenants: readonly Tenant[];
  /** What was searched for; empty where nothing was. */
  readonly q: string;
  readonly first: string | null;
  readonly next: string | null;
  readonly form: TenantForm | null;
  readonly now: number;
}

export function TenantList({ viewer, tenants, q, first, next, form, now }: TenantListProps) {
  const isEmpty = tenants.length === 0;
  return (
    <Layout viewer={viewer} title={form === null ? "Tenants" : "Not created · Tenants"}>
      <div class="head">
        <div>
          <h1>Tenants</h1>
          <p>Each has its own webhook URLs, contacts and events.</p>
        </div>
        {!isEmpty && (
          <a class="button" href="#new-tenant">
            New tenant
          </a>
        )}
      </div>
      {(!isEmpty || q !== "") && (
        <form class="filters" method="get" action="/tenants">
          <TextField id="q" label="Find a tenant" type="search" value={q} maxLength={200} placeholder="A part of its name or id" />
          <button>Search</button>
        </form>
      )}
      {isEmpty ? (
        <NoTenant q={q} />
      ) : (
        <ul class="list">
          {tenants.map((tenant) => (
            <li key={tenant.id}>
              <a class="list-link" href={pathOf(tenant.id, "integrations")}>
                <span class="list-title">
                  <bdi>{tenant.name}</bdi>
                </span>
                <span class="mono small soft">{tenant.id}</span>
                <span class="small soft list-end">
                  created <Ago at={new Date(tenant.createdAt)} now={now} />
                </span>
              </a>
            </li>
          ))}
        </ul>
      )}
      <Pager first={first} next={next} labels={["Back to the first", "More tenants"]} />
      <NewTenant viewer={viewer} form={form} />
    </Layout>
  );
}

function NoTenant({ q }: { q: string }) {
  if (q === "") {
    return (
      <Empty title="No tenant yet">
        <p>Create the first one below. Its token is shown once: hand it to whoever sets up the webhooks.</p>
      </Empty>
    );
  }
  return (
    <Empty title="No tenant found">
      <p>
        None has <Foreign text={q} max={80} /> in its name or its id. <a href="/tenants">Show all tenants</a>
      </p>
    </Empty>
  );
}

function NewTenant({ viewer, form }: { viewer: Viewer; form: TenantForm | null }) {
  const problemOf = (field: "name" | "id") => (form?.problem.field === field ? { problem: form.problem.message } : {});
  return (
    <form class="card" method="post" action="/tenants" id="new-tenant">
      <Csrf viewer={viewer} />
      <h2>New tenant</h2>
      <div class="grid">
        <TextField id="name" label="Name" value={form?.name ?? ""} maxLength={200} required {...problemOf("name")} />
        <TextField
          id="id"
          label="Id (optional)"
          value={form?.id ?? ""}
          maxLength={63}
          hint="Stands in the webhook URLs: a-z, 0-9, _ and -. Made from the name if left empty."
          {...problemOf("id")}
        />
      </div>
      <button data-kind="primary">Create tenant</button>
    </form>
  );
}
