import { setTimeout as pause } from "node:timers/promises";
import type { Happening } from "../support/lives.ts";
import { sendSigned, type Secrets } from "../support/provider-client.ts";
import type { Shipment } from "./history.ts";

/** Whom the deliveries are for, and where to. */
export interface Destination {
  /** Of each ingest, in turn. */
  readonly ingestUrls: readonly string[];
  readonly tenantId: string;
  readonly secrets: Secrets;
}

/** What the providers saw. */
export interface Sent {
  /** How often ingest answered each event with a 200, by event id and status. */
  readonly answers: Map<string, Record<string, number>>;
  attempts: number;
  /** Attempts that got no 200. */
  refused: number;
  /** Answers by which a provider would take a delivery for a bad one, such as a 401: by status. */
  readonly unexpected: Map<number, number>;
  /** The longest time, in milliseconds, from an attempt that failed to the next that was taken. */
  longestOutageMs: number;
}

/** That it is unavailable, or, of one that hung meanwhile, that the delivery took too long to come. */
const COME_AGAIN = [503, 408];

/** A provider waits for so long for its answer. */
const TIMEOUT_MS = 5_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 4_000;

/** Sends shipments as providers do: each at its time, and what got no 200 again, at growing intervals, until it does. */
export class Senders {
  readonly sent: Sent = { answers: new Map(), attempts: 0, refused: 0, unexpected: new Map(), longestOutageMs: 0 };
  readonly #to: Destination;
  readonly #giveUp: AbortSignal;
  #failingSince: number | null = null;

  constructor(to: Destination, giveUp: AbortSignal) {
    this.#to = to;
    this.#giveUp = giveUp;
  }

  /** Resolves when everything was taken, or given up. */
  async send(shipments: readonly Shipment[], durationMs: number): Promise<void> {
    const beginning = Date.now();
    const underWay: Promise<void>[] = [];
    for (const { at, happening } of shipments) {
      const early = beginning + at * durationMs - Date.now();
      if (early > 0) await pause(early);
      underWay.push(this.deliver(happening));
    }
    await Promise.all(underWay);
  }

  async deliver(happening: Happening): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; !this.#giveUp.aborted; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
      if (await this.#attempt(happening)) return;
      await pause(pauseMs);
    }
  }

  async #attempt({ provider, ...event }: Happening): Promise<boolean> {
    const { ingestUrls, tenantId, secrets } = this.#to;
    const ingestUrl = ingestUrls[this.sent.attempts++ % ingestUrls.length] ?? "";
    try {
      const answer = await sendSigned(ingestUrl, tenantId, provider, event, secrets[provider], { signal: AbortSignal.timeout(TIMEOUT_MS) });
      if (answer.status === 200) return this.#taken(event.id, answer.body);
      if (!COME_AGAIN.includes(answer.status)) this.sent.unexpected.set(answer.status, (this.sent.unexpected.get(answer.status) ?? 0) + 1);
    } catch {
      // Nobody listens, or nobody answers.
    }
    this.sent.refused++;
    this.#failingSince ??= Date.now();
    return false;
  }

  #taken(eventId: string, body: unknown): true {
    if (this.#failingSince !== null) this.sent.longestOutageMs = Math.max(this.sent.longestOutageMs, Date.now() - this.#failingSince);
    this.#failingSince = null;
    const status = typeof body === "object" && body !== null && "status" in body ? String(body.status) : "unknown";
    const answers = this.sent.answers.get(eventId) ?? {};
    this.sent.answers.set(eventId, { ...answers, [status]: (answers[status] ?? 0) + 1 });
    return true;
  }
}
