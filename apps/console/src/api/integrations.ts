import { connectors, PROVIDERS } from "@mara/connectors";
import { listIntegrations, type Integration } from "@mara/store";
import { z } from "zod";
import type { Backing } from "../backing.ts";
import { changeIntegration, dropIntegration, pendingCountsIfPossible, settingsOf, webhookUrlOf } from "../integrations.ts";
import { presentIntegration } from "../present.ts";
import { sendSample } from "../send-sample.ts";
import type { Route } from "./route.ts";

type ShownIntegration = ReturnType<typeof presentIntegration>;

export function integrationRoutes(backing: Backing): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/tenants/:tenant/integrations",
      who: "tenant",
      answer: async ({ tenantId }) => ({ status: 200, body: { items: await integrationsOf(backing, tenantId) } }),
    },
    {
      method: "PUT",
      path: "/tenants/:tenant/integrations/:provider",
      who: "tenant",
      answer: async (call) => {
        const { tenantId, provider } = call;
        const { integration } = await changeIntegration(backing, tenantId, provider, call.body(settingsOf(provider)));
        const present = await presenterFor(backing, tenantId);
        return { status: 200, body: present(integration) };
      },
    },
    {
      method: "DELETE",
      path: "/tenants/:tenant/integrations/:provider",
      who: "tenant",
      answer: async ({ tenantId, provider }) => {
        await dropIntegration(backing, tenantId, provider);
        return { status: 204 };
      },
    },
    {
      method: "POST",
      path: "/tenants/:tenant/integrations/:provider/test",
      who: "tenant",
      answer: async (call) => {
        const { tenantId, provider } = call;
        const { type } = call.body({ type: z.enum(Object.keys(connectors[provider].samples)).optional() });
        const sent = await sendSample(backing, tenantId, provider, type);
        return { status: sent.status, body: { ...sent.told, type: sent.type, eventId: sent.eventId } };
      },
    },
  ];
}

/** A tenant's integrations with their health, one a provider, set up or not. */
async function integrationsOf(backing: Backing, tenantId: string): Promise<ShownIntegration[]> {
  const integrations = await listIntegrations(backing.store, tenantId, PROVIDERS);
  return integrations.map(await presenterFor(backing, tenantId));
}

async function presenterFor(backing: Backing, tenantId: string): Promise<(integration: Integration) => ShownIntegration> {
  const pending = await pendingCountsIfPossible(backing, tenantId);
  return (integration) => {
    const { provider } = integration;
    return presentIntegration(integration, webhookUrlOf(backing, tenantId, provider), pending && pending[provider]);
  };
}
