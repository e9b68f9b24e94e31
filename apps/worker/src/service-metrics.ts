import { PROVIDERS, type Provider } from "@mara/connectors";
import type { RedisFigures } from "@mara/queue";
import type { Registry } from "@mara/runtime";
import type { TroubledIntegrations } from "@mara/store";
import { Gauge } from "prom-client";

/** What is asked for when somebody reads the metrics. A question that fails leaves its figures out. */
export interface ServiceFigures {
  redis(): Promise<readonly RedisFigures[]>;
  /** Looked up anew every few minutes: it goes through all tenants. */
  integrations(): Promise<TroubledIntegrations>;
  /** At how many places something is sealed that can't be opened. As seldom as integrations. */
  sealed(): Promise<number>;
}

export interface ServiceMetrics {
  /** Retention went well. */
  swept(): void;
}

const SETTINGS_EVERY_MS = 5 * 60_000;
/** A registry reads its gauges side by side: one question is enough for all of them. */
const REDIS_EVERY_MS = 1_000;

/** Figures of what all workers share, the same from each of them. No label holds a tenant: who it is stands in the log. */
export function serviceMetrics(registry: Registry, figures: ServiceFigures, now: () => number = Date.now): ServiceMetrics {
  const registers = [registry];
  gaugeRedis(registers, remembered(REDIS_EVERY_MS, figures.redis, now));
  gaugeIntegrations(registers, remembered(SETTINGS_EVERY_MS, figures.integrations, now));
  gaugeSealed(registers, remembered(SETTINGS_EVERY_MS, figures.sealed, now));
  const upkeep = new Gauge({
    name: "mara_upkeep_last_success_timestamp_seconds",
    help: "When retention last went well in this process; its start where never",
    registers,
  });
  upkeep.set(now() / 1_000);
  return { swept: () => upkeep.set(now() / 1_000) };
}

function gaugeRedis(registers: Registry[], ask: ServiceFigures["redis"]): void {
  const gauge = (name: string, help: string, read: (node: RedisFigures) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ["node"],
      registers,
      async collect() {
        this.reset();
        for (const each of await ask().catch(() => [])) this.set({ node: each.node }, read(each));
      },
    });
  gauge("mara_redis_memory_used_bytes", "Memory that Redis uses", (node) => node.usedBytes);
  gauge("mara_redis_memory_limit_bytes", "Memory that Redis may use", (node) => node.limitBytes);
  gauge("mara_redis_append_only", "1 where what Redis answers is on disk", (node) => Number(node.appendOnly));
  gauge("mara_redis_evicts", "1 where Redis may throw keys away when it is full", (node) => Number(node.evicts));
  gauge("mara_redis_replicas", "Replicas that follow this primary", (node) => node.replicas);
}

function gaugeIntegrations(registers: Registry[], ask: ServiceFigures["integrations"]): void {
  const gauge = (name: string, help: string, which: keyof TroubledIntegrations) =>
    new Gauge({
      name,
      help,
      labelNames: ["provider"],
      registers,
      async collect() {
        this.reset();
        const troubled = await ask().catch(() => null);
        if (troubled === null) return;
        for (const provider of PROVIDERS) this.set({ provider }, countOf(troubled[which], provider));
      },
    });
  gauge("mara_integrations_silent", "Integrations that used to flow and have been silent for a day", "silent");
  gauge("mara_integrations_rejected", "Integrations most of whose deliveries are being rejected", "rejected");
}

function gaugeSealed(registers: Registry[], ask: ServiceFigures["sealed"]): void {
  new Gauge({
    name: "mara_secrets_sealed",
    help: "Signing secrets and API keys that count and can't be opened with this process' SECRETS_KEY",
    registers,
    async collect() {
      const sealed = await ask().catch(() => null);
      // Nothing rather than 0, which would say that all is well.
      if (sealed === null) this.remove();
      else this.set(sealed);
    },
  });
}

function countOf(integrations: readonly { readonly provider: Provider }[], provider: Provider): number {
  return integrations.filter((each) => each.provider === provider).length;
}

/** Asks again once the answer is so old; one that failed is no answer. */
function remembered<T>(forMs: number, ask: () => Promise<T>, now: () => number): () => Promise<T> {
  let answer: Promise<T> | null = null;
  let askedAt = 0;
  return () => {
    if (answer === null || now() - askedAt >= forMs) {
      const asking = ask();
      answer = asking;
      askedAt = now();
      asking.catch(() => {
        if (answer === asking) answer = null;
      });
    }
    return answer;
  };
}
