import { connectors, PROVIDERS } from "@mara/connectors";
import { DEMO } from "./demo.ts";

export interface WelcomeOptions {
  readonly urls: { readonly ingest: string; readonly console: string; readonly worker: string };
  readonly publicUrl: string;
  readonly adminToken: string;
  readonly dataDir: string;
}

/** What a newcomer needs to know once everything runs. */
export function welcome({ urls, publicUrl, adminToken, dataDir }: WelcomeOptions): string {
  const webhooks = PROVIDERS.map((provider) => `  ${connectors[provider].label.padEnd(9)}${publicUrl}/api/webhooks/${provider}/${DEMO}`);
  return `
Mara Webhooks is running.

  Console  ${urls.console}
  Ingest   ${urls.ingest}
  Worker   ${urls.worker}/metrics

  Admin token  ${adminToken}

Webhook URLs of the tenant ${DEMO}:
${webhooks.join("\n")}

Next, in another terminal:
  npm run sample -- stripe invoice.payment_failed
  npm run sample -- --story

Data and keys are in ${dataDir}. Ctrl-C stops everything.
`;
}
