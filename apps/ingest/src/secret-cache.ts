import type { TenantSecrets } from "@mara/store";
import { createSecretLoader, type LoadSecrets } from "./secret-loader.ts";

/** `unavailable`: it can't be said now whether there are secrets. */
export type Found =
  | { readonly kind: "secrets"; readonly of: TenantSecrets }
  | { readonly kind: "unknown_tenant" }
  | { readonly kind: "unavailable" };

export interface SecretCacheOptions {
  readonly load: LoadSecrets;
  /** Milliseconds on a clock that nobody can set. */
  readonly now?: () => number;
  /** Hears of loads that failed. */
  readonly onError?: (error: unknown) => void;
  /** The most tenants in memory. Default 50,000. */
  readonly mostTenants?: number;
  /** The most ids in memory of tenants that don't exist. Default 10,000. */
  readonly mostUnknown?: number;
}

export interface SecretCache {
  /** At once where the answer is in memory, else within some two seconds. Never rejects. */
  lookUp(tenantId: string): Found | Promise<Found>;
  /** Fills the memory from `load` before anybody asks. Rejects where `load` does. */
  warm(load: () => Promise<ReadonlyMap<string, TenantSecrets>>): Promise<void>;
  /** A tenant's secrets changed: what is in memory counts no more. */
  drop(tenantId: string): void;
  /** Changes may have been missed: everything is loaded anew before it counts, but stands in while Postgres is away. */
  doubt(): void;
  /** How many tenants are in memory. */
  size(): number;
}

/** Even a change that nobody told of is in force after this long: a console that ended before it told, for instance. */
const GOOD_MS = 60_000;
const CHECK_AGAIN_MS = 1_000;
const UNKNOWN_MS = 5_000;

interface Entry {
  readonly found: Found;
  /** When to load it again; until `goodUntil` nobody waits for that. */
  checkAt: number;
  /** From when on it must not be used before that is done. */
  goodUntil: number;
}

const UNAVAILABLE: Found = { kind: "unavailable" };
const UNKNOWN_TENANT: Found = { kind: "unknown_tenant" };

/** Keeps the signing secrets of tenants in memory, and nowhere else. */
export function createSecretCache(options: SecretCacheOptions): SecretCache {
  const { now = () => performance.now(), onError = () => undefined, mostTenants = 50_000, mostUnknown = 10_000 } = options;
  const load = createSecretLoader(options.load);
  const entries = new Map<string, Entry>();
  const unknownUntil = new Map<string, number>();
  const loads = new Map<string, Promise<Found>>();
  /** While the memory is warmed: what changed meanwhile, and whether more may have. */
  let warming: { readonly changed: Set<string>; missed: boolean } | null = null;

  function lookUp(tenantId: string): Found | Promise<Found> {
    const entry = entries.get(tenantId);
    if (entry && now() < entry.checkAt) return entry.found;
    if (!entry && now() < (unknownUntil.get(tenantId) ?? 0)) return UNKNOWN_TENANT;
    const loading = loads.get(tenantId) ?? begin(tenantId);
    return entry && now() < entry.goodUntil ? entry.found : loading;
  }

  function begin(tenantId: string): Promise<Found> {
    const loading: Promise<Found> = load(tenantId).then(
      (secrets) => {
        const found = foundOf(secrets);
        // Unless the tenant's secrets changed meanwhile: then this may be how they were before.
        if (loads.get(tenantId) === loading) remember(tenantId, found);
        return found;
      },
      (error: unknown) => {
        onError(error);
        // What was put in doubt meanwhile does not stand in for that: a load that began later may succeed.
        return loads.get(tenantId) === loading ? standIn(tenantId) : (entries.get(tenantId)?.found ?? UNAVAILABLE);
      },
    );
    loads.set(tenantId, loading);
    void loading.then(() => {
      if (loads.get(tenantId) === loading) loads.delete(tenantId);
    });
    return loading;
  }

  function remember(tenantId: string, found: Found): void {
    entries.delete(tenantId);
    unknownUntil.delete(tenantId);
    if (found.kind === "unknown_tenant") {
      unknownUntil.set(tenantId, now() + UNKNOWN_MS);
      evict(unknownUntil, mostUnknown);
      return;
    }
    // Spread over time, so that what was loaded together is not checked together for ever.
    const checkIn = GOOD_MS * (0.5 + Math.random() / 4);
    entries.set(tenantId, { found, checkAt: now() + checkIn, goodUntil: now() + GOOD_MS });
    evict(entries, mostTenants);
  }

  /** While Postgres is away what was known is used, and asked for again now and then. */
  function standIn(tenantId: string): Found {
    const entry = entries.get(tenantId);
    if (!entry) return UNAVAILABLE;
    entry.checkAt = now() + CHECK_AGAIN_MS;
    entry.goodUntil = now() + GOOD_MS;
    return entry.found;
  }

  function drop(tenantId: string): void {
    entries.delete(tenantId);
    unknownUntil.delete(tenantId);
    loads.delete(tenantId);
    warming?.changed.add(tenantId);
  }

  function doubt(): void {
    for (const entry of entries.values()) {
      entry.checkAt = 0;
      entry.goodUntil = 0;
    }
    unknownUntil.clear();
    loads.clear();
    if (warming) warming.missed = true;
  }

  async function warm(loadAll: () => Promise<ReadonlyMap<string, TenantSecrets>>): Promise<void> {
    const meanwhile = { changed: new Set<string>(), missed: false };
    warming = meanwhile;
    const all = await loadAll().finally(() => (warming = null));
    // What was read may be older than a change that nobody told of.
    if (meanwhile.missed) return warm(loadAll);
    for (const [tenantId, secrets] of all) {
      if (!meanwhile.changed.has(tenantId) && !entries.has(tenantId)) remember(tenantId, foundOf(secrets));
    }
  }

  return { lookUp, warm, drop, doubt, size: () => entries.size };
}

function foundOf(secrets: TenantSecrets | undefined): Found {
  return secrets === undefined ? UNKNOWN_TENANT : { kind: "secrets", of: secrets };
}

/** The longest in memory goes first. */
function evict(memory: Map<string, unknown>, most: number): void {
  if (memory.size <= most) return;
  const [oldest] = memory.keys();
  if (oldest !== undefined) memory.delete(oldest);
}
