import { connectors, isProvider, type Connector } from "@mara/connectors";
import { listIntegrations } from "@mara/store";
import { Router } from "express";
import { z } from "zod";
import { Refusal, REFUSALS, type RefusalName } from "../../respond.ts";
import { sendSample } from "../../send-sample.ts";
import { ofProvider, type ProviderVisit } from "../integrations/provider-visit.ts";
import { fieldOf, PageProblem, show, type Pages } from "../page.ts";
import { follow } from "./follow.ts";
import { TestEventWay, wasTaken, type Sent } from "./journey.tsx";
import { LIVE_VIEW, TestEvent, testPath } from "./page.tsx";

const PATH = "/tenants/:tenant/integrations/:provider/test";

/** A test event of one provider: choosing and sending it, and following it. What was sent stands in the address. */
export function testEventPages(pages: Pages): Router {
  const { backing } = pages;
  const router = Router();

  pages.live.view(LIVE_VIEW, {
    read: (query) => {
      const provider = query.get("provider") ?? "";
      const sent = readSent(Object.fromEntries(query));
      if (sent === null || !isProvider(provider)) throw new PageProblem("not-found");
      return { provider, sent };
    },
    look: async ({ tenant, asked: { provider, sent } }) => {
      const journey = await follow(backing, tenant.id, provider, sent.eventId);
      const isFinal = journey.at === "end" || !wasTaken(sent);
      return { parts: { way: <TestEventWay tenantId={tenant.id} sent={sent} journey={journey} /> }, isFinal };
    },
  });

  router.get(
    PATH,
    ofProvider(pages, (visit) => showTest(pages, visit, null)),
  );

  router.post(
    PATH,
    ofProvider(pages, async (visit) => {
      const { request, response, tenant, provider } = visit;
      const chosen = fieldOf(request, "type") ?? "";
      const connector: Connector = connectors[provider];
      if (chosen !== "" && !Object.hasOwn(connector.samples, chosen)) throw new PageProblem("bad-form");
      try {
        const sent = await sendSample(backing, tenant.id, provider, chosen === "" ? undefined : chosen);
        const query = { provider, chosen, type: sent.type, event: sent.eventId, status: String(sent.status), told: JSON.stringify(sent.told) };
        response.redirect(303, `${testPath(tenant.id, provider)}?${new URLSearchParams(query).toString()}`);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        const problem = PROBLEMS[error.refusal];
        if (problem === undefined) throw error;
        await showTest(pages, visit, problem, REFUSALS[error.refusal]);
      }
    }),
  );

  return router;
}

const PROBLEMS: Readonly<Partial<Record<RefusalName, string>>> = {
  no_signing_secret: "There is no signing secret to sign with: paste one first.",
  unavailable: "The signing secret can't be opened, because the key that sealed it is missing from SECRETS_KEY. Paste the secret again.",
  ingest_unreachable: "Ingest did not answer, so nothing was sent. Check that it runs, and that INGEST_URL leads to it.",
};

async function showTest(pages: Pages, visit: ProviderVisit, problem: string | null, status = 200): Promise<void> {
  const { request, response, viewer, tenant, provider } = visit;
  const [integration] = await listIntegrations(pages.backing.store, tenant.id, [provider]);
  const sent = problem === null ? readSent(request.query) : null;
  const journey = sent && (await follow(pages.backing, tenant.id, provider, sent.eventId));
  const view = {
    viewer,
    tenant,
    provider,
    configured: integration?.configured ?? false,
    sent: sent && journey && { ...sent, journey },
    problem,
    here: viewer.here,
  };
  show(response, <TestEvent {...view} />, status);
}

const sentInAddress = z.object({
  chosen: z.string().max(200).default(""),
  type: z.string().max(200),
  event: z.string().min(1).max(255),
  status: z.string().regex(/^\d{3}$/).transform(Number),
  told: z.string().max(1_000),
});

/** What the address says was sent; null where it says nothing, or what nobody could have sent. */
function readSent(query: unknown): Sent | null {
  const read = sentInAddress.safeParse(query);
  if (!read.success) return null;
  const { chosen, type, event, status, told } = read.data;
  return { chosen, type, eventId: event, answer: { status, body: told } };
}
