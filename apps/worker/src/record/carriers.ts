import type { Provider } from "@mara/connectors";
import { isIdentityKey, type ContactGraph, type Identity } from "@mara/identity";
import type { Carrier } from "@mara/store";

/** Whom an event was about, as its delivery has it stored: nothing in the batch touches them. */
export type Stored = Pick<Carrier, "contactId" | "via">;

/** Whom a tenant's ignored events were about: a later one may bring them out, and they stay about the same. */
export class Carriers {
  readonly #graph: ContactGraph;
  /** By provider and event id. */
  readonly #known = new Map<string, Identity | Stored>();

  constructor(graph: ContactGraph) {
    this.#graph = graph;
  }

  /** Notes what stored deliveries say. */
  learn(carriers: readonly Carrier[]): void {
    for (const carrier of carriers) {
      const identity = isIdentityKey(carrier.via) ? this.#graph.identity(carrier.via) : undefined;
      this.#known.set(keyOf(carrier.provider, carrier.eventKey), identity ?? carrier);
    }
  }

  /** Notes whom an event of the batch is about, whose delivery is not written yet. */
  note(provider: Provider, eventId: string, via: Identity): void {
    this.#known.set(keyOf(provider, eventId), via);
  }

  of(provider: Provider, eventId: string): Identity | Stored | undefined {
    return this.#known.get(keyOf(provider, eventId));
  }
}

function keyOf(provider: Provider, eventId: string): string {
  return `${provider} ${eventId}`;
}
