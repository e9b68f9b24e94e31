import { connectors, isProvider, type Provider } from "@mara/connectors";
import { cancelBackfill, listIntegrations, type SecretHint } from "@mara/store";
import { Router, type RequestHandler } from "express";
import { beginBackfill } from "../../backfill.ts";
import { changeIntegration, dropIntegration } from "../../integrations.ts";
import { Layout, pathOf } from "../layout.tsx";
import { fieldOf, ofTenant, PageProblem, show, type Pages, type TenantVisit } from "../page.ts";
import { problemOf, readChange, type RefusedForm } from "./change.ts";
import { DONE, doneThere, type Done, type DoneThere } from "./done.ts";
import { liveParts } from "./live-parts.tsx";
import { lookAtIntegrations, rowOf } from "./look.ts";
import { LIVE_VIEW, Settings } from "./page.tsx";
import { ofProvider, type ProviderVisit } from "./provider-visit.ts";
import { RemoveForm } from "./remove.tsx";

const PATH = "/tenants/:tenant/integrations/:provider";

/** Settings, Integrations of a tenant, and what its forms do. Each form leads back to the row that it stood in. */
export function integrationPages(pages: Pages): Router {
  const { backing } = pages;
  const router = Router();
  pages.live.view(LIVE_VIEW, {
    read: () => null,
    look: async ({ tenant, now }) => ({ parts: liveParts(await lookAtIntegrations(backing, tenant.id), now) }),
  });

  router.get(
    "/tenants/:tenant/settings/integrations",
    ofTenant(pages, (visit) => showSettings(pages, visit, null)),
  );

  router.post(
    `${PATH}/secret`,
    changing(pages, async ({ request, tenant, provider }) => {
      const [before] = await listIntegrations(backing.store, tenant.id, [provider]);
      const overlap = fieldOf(request, "overlapHours") ?? "";
      const change = { signingSecret: fieldOf(request, "signingSecret"), ...(overlap !== "" && { overlapHours: Number(overlap) }) };
      const { integration } = await changeIntegration(backing, tenant.id, provider, readChange(provider, change));
      return whatBecame(before?.secrets ?? [], integration.secrets, overlap !== "");
    }),
  );

  router.post(
    `${PATH}/api-key`,
    changing(pages, async ({ request, tenant, provider }) => {
      onlyClerk(provider);
      const change = readChange(provider, { apiKey: fieldOf(request, "apiKey") });
      const { hasStartedBackfill } = await changeIntegration(backing, tenant.id, provider, change);
      return hasStartedBackfill ? "import-started" : "api-key";
    }),
  );

  router.post(
    `${PATH}/signup-event`,
    changing(pages, async ({ request, tenant, provider }) => {
      const given = fieldOf(request, "signupEvent");
      await changeIntegration(backing, tenant.id, provider, readChange(provider, { signupEvent: given === "" ? null : given }));
      return "signup-event";
    }),
  );

  router.post(
    `${PATH}/import`,
    changing(pages, async ({ tenant, provider }) => {
      onlyClerk(provider);
      return STARTED[(await beginBackfill(backing, tenant.id)).kind];
    }),
  );

  router.post(
    `${PATH}/import/cancel`,
    changing(pages, async ({ tenant, provider }) => {
      onlyClerk(provider);
      return (await cancelBackfill(backing.store, tenant.id)) === null ? "import-over" : "import-canceled";
    }),
  );

  router.get(
    `${PATH}/remove`,
    ofProvider(pages, async ({ response, viewer, tenant, provider }) => {
      const { label } = connectors[provider];
      show(
        response,
        <Layout viewer={viewer} title={`Remove ${label}`} tenant={tenant} section="integrations">
          <div class="narrow">
            <RemoveForm viewer={viewer} tenant={tenant} provider={provider} label={label} titleId="remove" heading="h1" />
          </div>
        </Layout>,
      );
    }),
  );

  router.post(
    `${PATH}/remove`,
    changing(pages, async ({ tenant, provider }) => {
      await dropIntegration(backing, tenant.id, provider);
      return "removed";
    }),
  );

  // A form that was refused leaves its own address in the browser: whoever loads that again is led to the form.
  router.get(
    FORMS.map((form) => `${PATH}/${form}`),
    ofProvider(pages, async ({ response, tenant, provider }) => response.redirect(303, rowOf(tenant.id, provider))),
  );

  return router;
}

/** Where the forms of a row go. Removing has a page of its own. */
const FORMS = ["secret", "api-key", "signup-event", "import", "import/cancel"] as const;

/** What pasting a secret did, as those show that were active before and those that are now, and whether an overlap was chosen. */
function whatBecame(before: readonly SecretHint[], now: readonly SecretHint[], isOverlapChosen: boolean): Done {
  const current = now.find(({ expiresAt }) => expiresAt === null);
  const known = before.find(({ id }) => id === current?.id);
  if (known?.expiresAt === null) return isOverlapChosen && before.length > 1 ? "secret-same-sooner" : "secret-same";
  if (before.length === 0) return "secret";
  // Without an overlap, the one that was in use has stopped at once.
  const goesOn = now.some(({ id }) => id !== current?.id && before.some((one) => one.id === id));
  if (known !== undefined) return goesOn ? "secret-again" : "secret-again-at-once";
  // Without an overlap all of them have stopped: one that alone did has made room.
  if (goesOn && before.some(({ id }) => now.every((one) => one.id !== id))) return "secret-replaced-many";
  return goesOn ? "secret-replaced" : "secret-replaced-at-once";
}

const STARTED = { started: "import-started", running: "import-running", no_api_key: "import-no-key" } as const satisfies Record<string, Done>;

function onlyClerk(provider: Provider): void {
  if (provider !== "clerk") throw new PageProblem("not-found");
}

/** For a form of the settings: leads back to its row, or shows there what was wrong. `act` answers what it did. */
function changing(pages: Pages, act: (visit: ProviderVisit) => Promise<Done>): RequestHandler {
  return ofProvider(pages, async (visit) => {
    const { tenant, provider } = visit;
    try {
      const done = await act(visit);
      await pages.once.leadTo(visit, rowOf(tenant.id, provider), { provider, said: DONE[done] } satisfies DoneThere);
    } catch (error) {
      const problem = problemOf(provider, error);
      if (problem === null) throw error;
      await showSettings(pages, visit, { ...problem, overlapHours: fieldOf(visit.request, "overlapHours") });
    }
  });
}

async function showSettings(pages: Pages, visit: TenantVisit, problem: RefusedForm | null): Promise<void> {
  const { request, response, viewer, tenant } = visit;
  const { open } = request.query;
  const overview = await lookAtIntegrations(pages.backing, tenant.id);
  const view = {
    viewer: problem === null ? viewer : { ...viewer, here: pathOf(tenant.id, "integrations") },
    tenant,
    overview,
    open: problem?.provider ?? (typeof open === "string" && isProvider(open) ? open : null),
    done: problem === null ? await pages.once.take(visit, doneThere) : null,
    problem,
    now: pages.now(),
  };
  show(response, <Settings {...view} />, problem === null ? 200 : 422);
}
