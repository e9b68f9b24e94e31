import { setTimeout as pause } from "node:timers/promises";
import { sampleOf, sendSigned } from "../support/provider-client.ts";
import { TENANTS, type World } from "./world.ts";

export interface HonestSender {
  /** Sends no more; resolves to what became of its deliveries. */
  stop(): Promise<Honest>;
}

export interface Honest {
  readonly sent: number;
  /** What was answered instead of a 200 `queued`. */
  readonly refused: readonly string[];
  readonly slowestMs: number;
}

const PAUSE_MS = 50;
/** Of a provider. What takes longer is refused, for all that it knows. */
const TIMEOUT_MS = 15_000;

/** Sends one delivery after the other to a tenant that has nothing to do with all this. */
export function startHonestSender({ system, secrets }: World): HonestSender {
  const stopping = new AbortController();
  const refused: string[] = [];
  let sent = 0;
  let slowestMs = 0;

  const sending = (async () => {
    while (!stopping.signal.aborted) {
      const sample = sampleOf("polar", "order.paid", { at: Date.now(), seed: `honest${++sent}`, person: { email: `honest${sent}@example.com` } });
      const startedAt = Date.now();
      const answer = await sendSigned(system.run.urls.ingest, TENANTS.honest, "polar", sample, secrets.honest.polar, { signal: AbortSignal.timeout(TIMEOUT_MS) }).then(
        ({ status, body }) => `${status} ${JSON.stringify(body)}`,
        (error: unknown) => String(error),
      );
      slowestMs = Math.max(slowestMs, Date.now() - startedAt);
      if (answer !== '200 {"status":"queued"}') refused.push(answer);
      await pause(PAUSE_MS);
    }
  })();

  return {
    stop: async () => {
      stopping.abort();
      await sending;
      return { sent, refused, slowestMs };
    },
  };
}
