import type { Provider } from "@mara/connectors";
import { z } from "zod";
import { byProvider } from "./by-provider.ts";
import { contact, createdTenant, delivery, event, integration, type Contact, type Delivery, type Event, type Integration } from "./contract.ts";

export interface Answer {
  readonly status: number;
  /** As JSON; null where there is none. */
  readonly body: unknown;
}

/** Asks the console's API over HTTP, and holds its answers to the contract. */
export class ConsoleClient {
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  async ask(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(`${this.#url}/api/${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#token}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? null : JSON.parse(text) };
  }

  async createTenant(id: string): Promise<z.output<typeof createdTenant>> {
    return createdTenant.parse(expectStatus(201, await this.ask("POST", "tenants", { name: id, id })));
  }

  /** The ids of all tenants. */
  async tenants(): Promise<string[]> {
    return (await this.#all("tenants", "", z.object({ id: z.string() }))).map(({ id }) => id);
  }

  /** `change` as in the contract: `signingSecret`, `overlapHours`, `apiKey`, `signupEvent`. */
  async saveIntegration(tenantId: string, provider: Provider, change: object): Promise<Integration> {
    return integration.parse(expectStatus(200, await this.ask("PUT", `tenants/${tenantId}/integrations/${provider}`, change)));
  }

  async integrations(tenantId: string): Promise<Readonly<Record<Provider, Integration>>> {
    const body = expectStatus(200, await this.ask("GET", `tenants/${tenantId}/integrations`));
    const { items } = z.object({ items: z.array(integration) }).parse(body);
    return byProvider((provider) => {
      const [one, ...more] = items.filter((each) => each.provider === provider);
      if (!one || more.length > 0) throw new Error(`the console tells ${more.length + (one ? 1 : 0)} integrations of ${provider}`);
      return one;
    });
  }

  /** Every one, newest first. */
  deliveries(tenantId: string, filter = ""): Promise<Delivery[]> {
    return this.#all(`tenants/${tenantId}/deliveries`, filter, delivery);
  }

  contacts(tenantId: string, filter = ""): Promise<Contact[]> {
    return this.#all(`tenants/${tenantId}/contacts`, filter, contact);
  }

  /** Every one, in the order recorded. */
  events(tenantId: string, filter = ""): Promise<Event[]> {
    return this.#all(`tenants/${tenantId}/events`, filter, event);
  }

  async contact(tenantId: string, id: string): Promise<Contact> {
    return contact.parse(expectStatus(200, await this.ask("GET", `tenants/${tenantId}/contacts/${id}`)));
  }

  async replay(tenantId: string, deliveryId: string): Promise<void> {
    expectStatus(202, await this.ask("POST", `tenants/${tenantId}/deliveries/${deliveryId}/replay`));
  }

  async erase(tenantId: string, contactId: string): Promise<void> {
    expectStatus(204, await this.ask("DELETE", `tenants/${tenantId}/contacts/${contactId}`));
  }

  /** How many deliveries are enqueued and not yet worked off. */
  async pending(tenantId: string): Promise<number> {
    return Object.values(await this.integrations(tenantId)).reduce((sum, { health }) => sum + health.pending, 0);
  }

  /** @param filter query parameters, for example `outcome=failed`. */
  async #all<Item extends z.ZodType>(path: string, filter: string, item: Item): Promise<z.output<Item>[]> {
    const page = z.object({ items: z.array(item), nextCursor: z.string().nullable() });
    const items: z.output<Item>[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const from: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const answer: z.output<typeof page> = page.parse(expectStatus(200, await this.ask("GET", `${path}?limit=200&${filter}${from}`)));
      items.push(...answer.items);
      cursor = answer.nextCursor;
    }
    return items;
  }
}

function expectStatus(status: number, answer: Answer): unknown {
  if (answer.status !== status) throw new Error(`the console answered ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}
