import { describe, expect, it, jest } from "@jest/globals";
import type { TenantSecrets } from "@mara/store";
import { createSecretCache } from "./secret-cache.ts";

const of = (value: string): TenantSecrets => ({ stripe: [{ id: value, value, expiresAt: null }] });
const found = (value: string) => ({ kind: "secrets", of: of(value) });

/** Postgres as far as the cache sees it: what it holds, what it was asked, and whether it is there. */
function postgres(holds: Record<string, TenantSecrets> = {}) {
  const asked: string[][] = [];
  let away = false;
  let at = 0;
  let gate: Promise<void> | null = null;
  const cache = createSecretCache({
    load: async (tenantIds) => {
      asked.push([...tenantIds]);
      const answer = new Map(Object.entries(holds).filter(([id]) => tenantIds.includes(id)));
      if (gate) await gate;
      if (away) throw new Error("away");
      return answer;
    },
    now: () => at,
    mostTenants: 3,
    mostUnknown: 3,
  });
  return {
    cache,
    asked,
    holds,
    goAway: (is: boolean) => {
      away = is;
    },
    pass: (ms: number) => {
      at += ms;
    },
    /** Holds queries back until what it answers is called. */
    hold: () => {
      let release = () => {};
      gate = new Promise((resolve) => {
        release = () => {
          gate = null;
          resolve();
        };
      });
      return () => release();
    },
  };
}

describe("looking up secrets", () => {
  it("asks Postgres once, and then no more", async () => {
    const { cache, asked } = postgres({ demo: of("a") });
    expect(await cache.lookUp("demo")).toEqual(found("a"));
    expect(cache.lookUp("demo")).toEqual(found("a"));
    expect(asked).toEqual([["demo"]]);
  });

  it("asks for many tenants in one query, and for each once", async () => {
    const { cache, asked } = postgres({ a: of("a"), b: of("b") });
    const answers = await Promise.all(["a", "b", "a", "b", "c"].map((id) => cache.lookUp(id)));
    expect(answers.map(({ kind }) => kind)).toEqual(["secrets", "secrets", "secrets", "secrets", "unknown_tenant"]);
    expect(asked).toEqual([["a", "b", "c"]]);
  });

  it("remembers for a moment that a tenant does not exist", async () => {
    const { cache, asked, holds, pass } = postgres();
    expect(await cache.lookUp("demo")).toEqual({ kind: "unknown_tenant" });
    expect(await cache.lookUp("demo")).toEqual({ kind: "unknown_tenant" });
    expect(asked).toHaveLength(1);
    holds.demo = of("a");
    pass(10_000);
    expect(await cache.lookUp("demo")).toEqual(found("a"));
  });

  it("holds a bounded number of tenants, and of ids that are none", async () => {
    const { cache, asked } = postgres(Object.fromEntries(["a", "b", "c", "d"].map((id) => [id, of(id)])));
    for (const id of ["a", "b", "c", "d", "w", "x", "y", "z"]) await cache.lookUp(id);
    expect(cache.size()).toBe(3);
    await cache.lookUp("a");
    await cache.lookUp("w");
    expect(asked).toHaveLength(10);
  });
});

describe("changes", () => {
  it("count at once", async () => {
    const { cache, holds } = postgres({ demo: of("old") });
    await cache.lookUp("demo");
    holds.demo = of("new");
    cache.drop("demo");
    expect(await cache.lookUp("demo")).toEqual(found("new"));
  });

  it("count at once for a tenant that did not exist", async () => {
    const { cache, holds } = postgres();
    await cache.lookUp("demo");
    holds.demo = of("new");
    cache.drop("demo");
    expect(await cache.lookUp("demo")).toEqual(found("new"));
  });

  it("are not overwritten by what was loaded before them", async () => {
    const { cache, holds, hold, asked } = postgres({ demo: of("old") });
    const release = hold();
    const before = cache.lookUp("demo");
    await new Promise(setImmediate);
    expect(asked).toHaveLength(1);
    holds.demo = of("new");
    cache.drop("demo");
    release();
    await before;
    expect(await cache.lookUp("demo")).toEqual(found("new"));
  });

  it("that nobody told of count after a minute", async () => {
    const { cache, holds, pass } = postgres({ demo: of("old") });
    await cache.lookUp("demo");
    holds.demo = of("new");
    pass(61_000);
    expect(await cache.lookUp("demo")).toEqual(found("new"));
  });

  it("that nobody told of count within a minute where it is asked often, and nobody waits for that", async () => {
    const { cache, holds, pass } = postgres({ demo: of("old") });
    await cache.lookUp("demo");
    holds.demo = of("new");
    pass(50_000);
    expect(cache.lookUp("demo")).toEqual(found("old"));
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(cache.lookUp("demo")).toEqual(found("new"));
  });

  it("that nobody told of while Postgres was away count within a minute", async () => {
    const { cache, holds, goAway, pass } = postgres({ demo: of("old") });
    await cache.lookUp("demo");
    goAway(true);
    pass(61_000);
    expect(await cache.lookUp("demo")).toEqual(found("old"));
    holds.demo = of("new");
    goAway(false);
    pass(61_000);
    expect(await cache.lookUp("demo")).toEqual(found("new"));
  });

  it("that nobody told of count after a minute, also when the clock was set back meanwhile", async () => {
    const holds: Record<string, TenantSecrets> = { demo: of("old") };
    const clocks = [jest.spyOn(Date, "now").mockReturnValue(3_600_000), jest.spyOn(performance, "now").mockReturnValue(1_000)];
    try {
      const cache = createSecretCache({ load: async () => new Map(Object.entries(holds)) });
      await cache.lookUp("demo");
      holds.demo = of("new");
      clocks[0]?.mockReturnValue(0);
      clocks[1]?.mockReturnValue(62_000);
      expect(await cache.lookUp("demo")).toEqual(found("new"));
    } finally {
      for (const clock of clocks) clock.mockRestore();
    }
  });

  it("that may have been missed are looked for before anything is used", async () => {
    const { cache, holds } = postgres({ demo: of("old"), gone: of("x") });
    await cache.lookUp("demo");
    await cache.lookUp("gone");
    holds.demo = of("new");
    delete holds.gone;
    cache.doubt();
    expect(await cache.lookUp("demo")).toEqual(found("new"));
    expect(await cache.lookUp("gone")).toEqual({ kind: "unknown_tenant" });
  });

  it("that may have been missed are looked for also where a load from before that fails only afterwards", async () => {
    const { cache, holds, hold, goAway, pass } = postgres({ demo: of("old") });
    await cache.lookUp("demo");
    pass(50_000);
    const release = hold();
    goAway(true);
    cache.lookUp("demo");
    await new Promise(setImmediate);
    holds.demo = of("new");
    cache.doubt();
    release();
    await new Promise(setImmediate);
    goAway(false);
    expect(await cache.lookUp("demo")).toEqual(found("new"));
  });
});

describe("while Postgres is away", () => {
  it("what is in memory is used, however old", async () => {
    const { cache, goAway, pass } = postgres({ demo: of("a") });
    await cache.lookUp("demo");
    goAway(true);
    pass(3_600_000);
    expect(await cache.lookUp("demo")).toEqual(found("a"));
    cache.doubt();
    expect(await cache.lookUp("demo")).toEqual(found("a"));
    expect(await cache.lookUp("demo")).toEqual(found("a"));
  });

  it("nothing can be said of the others, until it is back", async () => {
    const { cache, goAway } = postgres({ demo: of("a") });
    goAway(true);
    expect(await cache.lookUp("demo")).toEqual({ kind: "unavailable" });
    goAway(false);
    expect(await cache.lookUp("demo")).toEqual(found("a"));
  });

  it("a change that is known of is not passed over", async () => {
    const { cache, goAway } = postgres({ demo: of("leaked") });
    await cache.lookUp("demo");
    goAway(true);
    cache.drop("demo");
    expect(await cache.lookUp("demo")).toEqual({ kind: "unavailable" });
  });
});

describe("warming", () => {
  it("spares the first delivery the query", async () => {
    const { cache, asked } = postgres();
    await cache.warm(async () => new Map([["demo", of("a")]]));
    expect(cache.lookUp("demo")).toEqual(found("a"));
    expect(asked).toEqual([]);
  });

  it("leaves out what changed meanwhile", async () => {
    const { cache, holds } = postgres({ demo: of("new") });
    await cache.warm(async () => {
      cache.drop("demo");
      return new Map([["demo", of("old")]]);
    });
    expect(await cache.lookUp("demo")).toEqual(found("new"));
    expect(holds.demo).toEqual(of("new"));
  });

  it("begins again where changes may have been missed meanwhile", async () => {
    const { cache } = postgres();
    const reads = ["old", "new"];
    await cache.warm(async () => {
      const read = reads.shift() ?? "";
      if (read === "old") cache.doubt();
      return new Map([["demo", of(read)]]);
    });
    expect(cache.lookUp("demo")).toEqual(found("new"));
  });

  it("that failed leaves nothing behind, and may be tried again", async () => {
    const { cache } = postgres();
    await expect(cache.warm(() => Promise.reject(new Error("away")))).rejects.toThrow("away");
    cache.drop("demo");
    await cache.warm(async () => new Map([["demo", of("a")]]));
    expect(cache.lookUp("demo")).toEqual(found("a"));
  });
});
