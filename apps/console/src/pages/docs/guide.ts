import { PROVIDERS, type Provider } from "@mara/connectors";
import { isOfThisMachine } from "../../integrations.ts";
import { setUpSteps } from "./steps.ts";
import { mappingTable, momentsTable } from "./tables.ts";

/** Stands in the URLs where nobody is signed in. */
const PLACEHOLDER = "YOUR-TENANT";

/** What is said of URLs with the tenant in them, by from where they can be reached. */
const FILLED_IN = {
  everywhere: "The URLs below are filled in: they can be pasted as they are.",
  here: "The URLs below are filled in, but only this machine knows them: no provider can reach them. Let a tunnel lead to the ingest port, and start again with the tunnel's address as `PUBLIC_URL`.",
} as const;

/**
 * The set-up guide as markdown: the one text behind `/docs/webhooks` and `/docs/webhooks.md`. Its tables come from the
 * connectors, so that they can't drift from what the product does.
 * @param publicUrl base of the webhook URLs, without a slash at its end
 * @param tenantId fills in the URLs; null leaves a placeholder
 */
export function guide(publicUrl: string, tenantId: string | null): string {
  const url = (provider: Provider) => `${publicUrl}/api/webhooks/${provider}/${tenantId ?? PLACEHOLDER}`;
  return `# Webhooks

Paste two values for each provider: our URL into the provider, and the provider's signing secret into **Settings, Integrations**. From then on every billing and sign-up event arrives verified, once, and becomes one of eight moments that journeys trigger on.

${tenantId === null ? `\`${PLACEHOLDER}\` stands for the tenant's id. Sign in with the tenant's token and the URLs below are filled in; as the operator, open this guide with **Docs** from one of the tenant's pages.` : FILLED_IN[isOfThisMachine(publicUrl) ? "here" : "everywhere"]}

## Stripe

${setUpSteps("stripe", url("stripe"))}

## Polar

${setUpSteps("polar", url("polar"))}

Polar switches an endpoint off after 10 answers in a row that are not 2xx. If Settings say that deliveries are rejected, paste the secret again soon, and switch the endpoint on again at Polar.

## Clerk

${setUpSteps("clerk", url("clerk"))}

To bring in everybody who signed up before, paste a **Secret key** (\`sk_live_…\`, from **API keys**) as well: the import starts by itself and shows how far it is. It creates contacts and no events, so no journey runs for people who have long been there.

## What journeys can trigger on

${momentsTable()}

Clerk adds two signals: \`user.created\`, which Settings can make your signup event, and \`user.deleted\`.

One thing that happens may reach us as several events: a second failed attempt of the same invoice, a cancellation that is confirmed at the end of the period. Each is recorded; all but the first are marked as repeats of it, so that a journey runs once.

## What becomes what

${PROVIDERS.map((provider) => mappingTable(provider)).join("\n\n")}

Everything else is answered with 200 and ignored, so it does no harm to send it.

## Custom fields

Metadata that you attach at the provider becomes attributes of the contact:

- Stripe: the metadata of subscriptions and checkout sessions
- Polar: the metadata of customers, subscriptions and orders
- Clerk: public metadata. Private and unsafe metadata are never read.

Only flat values are taken (text, numbers, true and false). Keys that look like secrets are dropped, and a contact has at most 50 attributes. To say that a customer at a billing provider is a certain person of yours, give Stripe a \`client_reference_id\` or Polar a customer \`external_id\` with your own id, or Clerk's: equal ids are one contact, whatever their e-mail addresses are.

## Is it flowing?

1. In Settings, Integrations, choose **Send a test event**: it goes signed to ingest, and the page follows it until the moment appears. Whether the URL can be reached from outside, the provider's own test event shows.
2. **Health**, at the top of Settings, Integrations, has a live card for each provider: its last event, its last 24 hours, and its last problem in words.
3. **Deliveries** lists everything that reached your URLs, the rejected and ignored ones with their reasons.

## Changing a secret

Paste the new one while the old one is still in use: both are accepted for 24 hours, so nothing is lost in between.
`;
}
