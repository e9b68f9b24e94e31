import type { Provider } from "@mara/connectors";
import { eventsToSelect } from "./tables.ts";

/** What to do at a provider, click by click, as a markdown list. `url` is the tenant's webhook URL. */
export function setUpSteps(provider: Provider, url: string): string {
  return STEPS[provider](url);
}

const STEPS: Readonly<Record<Provider, (url: string) => string>> = {
  stripe: (url) => `1. In the Stripe Dashboard open **Workbench, Webhooks** and choose **Add destination**.
2. Select these events, or all of them: what is not listed is answered and ignored.
${events("stripe")}
3. As the payload style choose **Snapshot**. *Thin* payloads name an event without its contents; they are answered, and nothing comes of them.
4. As the endpoint URL paste:

   \`${url}\`
5. Create the destination, reveal its **signing secret** (\`whsec_…\`) and paste it into Settings, Integrations.`,

  polar: (url) => `1. In the Polar dashboard of your organization open **Settings, Webhooks** and choose **Add Endpoint**.
2. As the URL paste:

   \`${url}\`
3. As the format choose **Raw**.
4. Let Polar generate a secret, and paste it into Settings, Integrations. Secrets of every age work (\`polar_whs_…\` and \`whsec_…\`).
5. Select these events, or all of them:
${events("polar")}`,

  clerk: (url) => `1. In the Clerk Dashboard open **Configure, Webhooks** and choose **Add Endpoint**.
2. As the endpoint URL paste:

   \`${url}\`
3. Subscribe to these events:
${events("clerk")}
4. Create the endpoint, copy its **Signing Secret** (\`whsec_…\`) and paste it into Settings, Integrations.`,
};

function events(provider: Provider): string {
  return eventsToSelect(provider)
    .map((type) => `   - \`${type}\``)
    .join("\n");
}
