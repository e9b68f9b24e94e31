import { PROVIDERS } from "@mara/connectors";
import { setTimeout as pause } from "node:timers/promises";
import type { ConsoleClient } from "../support/console-client.ts";
import type { Happening } from "../support/lives.ts";
import { makeSecrets } from "../support/provider-client.ts";
import { balanceOf, type Balance } from "./balance.ts";
import { Senders, type Destination, type Sent } from "./senders.ts";

/** A new tenant with a signing secret of each provider. */
export async function newDestination(api: ConsoleClient, ingestUrls: readonly string[], name: string): Promise<Destination> {
  const { id } = await api.createTenant(name);
  const secrets = makeSecrets();
  for (const provider of PROVIDERS) await api.saveIntegration(id, provider, { signingSecret: secrets[provider] });
  return { ingestUrls, tenantId: id, secrets };
}

/** The balance once nothing is missing any more, or when patience is over. */
export async function settledBalance(
  api: ConsoleClient,
  { tenantId }: Destination,
  happenings: readonly Happening[],
  sent: Sent,
  patienceMs: number,
): Promise<Balance> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const balance = balanceOf(happenings, sent, await api.deliveries(tenantId), await api.events(tenantId));
    if (balance.lost.length === 0 || Date.now() > deadline) return balance;
    await pause(500);
  }
}

/** Each life in its order, some lives side by side. Resolves when all is worked off. */
export async function sendInOrder(api: ConsoleClient, to: Destination, lives: readonly (readonly Happening[])[], patienceMs: number): Promise<void> {
  const senders = new Senders(to, AbortSignal.timeout(patienceMs));
  const waiting = [...lives];
  const follow = async () => {
    for (let life = waiting.pop(); life !== undefined; life = waiting.pop()) for (const happening of life) await senders.deliver(happening);
  };
  await Promise.all(Array.from({ length: 8 }, follow));
  await settledBalance(api, to, lives.flat(), senders.sent, patienceMs);
}
