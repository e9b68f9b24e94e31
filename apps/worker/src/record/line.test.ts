import { beforeEach, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { sampleJob } from "../../test/deliveries.ts";
import { Line, type Batch } from "./line.ts";

let now: number;
let line: Line;
beforeEach(() => {
  now = 0;
  line = new Line(() => now);
});

const A_BATCH = 500;
const none = new Set<string>();

function add(tenantId: string, count: number, body = "{}"): void {
  for (let i = 0; i < count; i++) {
    const job = sampleJob(tenantId, "polar", "order.paid", {}, { body, eventId: `${tenantId}-${i}` });
    line.add({ item: { kind: "event", job }, resolve: () => undefined, reject: () => undefined });
  }
}

/** How many deliveries of each tenant a batch has. */
function sharesOf({ deliveries }: Batch): Record<string, number> {
  const shares: Record<string, number> = {};
  for (const { item } of deliveries) shares[item.job.tenantId] = (shares[item.job.tenantId] ?? 0) + 1;
  return shares;
}

describe("a line of deliveries", () => {
  it("is worked off in its order, a batch at a time", () => {
    add("acme", 700);
    const [first, second] = [line.next(), line.next()];
    expect(first.deliveries.concat(second.deliveries).map(({ item }) => item.job.eventId)).toEqual(
      Array.from({ length: 700 }, (_, i) => `acme-${i}`),
    );
    expect([first.waitFor, first.deliveries.length, second.deliveries.length, line.isEmpty]).toEqual([null, A_BATCH, 200, true]);
  });

  it("gives a delivery that is larger than a batch one of its own", () => {
    add("acme", 2, "x".repeat(3_000_000));
    expect([line.next(), line.next()].map(sharesOf)).toEqual([{ acme: 1 }, { acme: 1 }]);
  });
});

describe("a tenant whose stream is held", () => {
  it("fills half a batch at most, in front, and is waited for", () => {
    add("held", 600);
    line.putBack(line.next(), new Set(["held"]));
    add("free", 600);
    const batch = line.next();
    expect(sharesOf(batch)).toEqual({ held: 250, free: 250 });
    expect(batch.deliveries.slice(0, 250).map(({ item }) => item.job.eventId)).toEqual(Array.from({ length: 250 }, (_, i) => `held-${i}`));
    expect(batch.waitFor).toMatchObject({ tenantId: "held" });
  });

  it("is not waited for again while others are free, once that was in vain, but for a tenth of the time", () => {
    add("held", 1);
    line.putBack(line.next(), new Set(["held"]));
    add("free", 1);
    line.putBack(line.next(), new Set(["held", "free"]));
    const next = line.next();
    expect([sharesOf(next), next.waitFor]).toEqual([{ held: 1, free: 1 }, null]);
    line.putBack(next, new Set(["held"]));
    expect(line.next().waitFor).toMatchObject({ tenantId: "held", ms: 100 });
    add("held", 1);
    add("free", 1);
    now = 999;
    expect(line.next().waitFor).toBeNull();
    add("held", 1);
    add("free", 1);
    now = 1_000;
    expect(line.next().waitFor).toMatchObject({ tenantId: "held" });
  });

  it("is as any other once its stream was had", () => {
    add("held", 1);
    line.putBack(line.next(), new Set(["held"]));
    line.putBack(line.next(), none);
    add("held", 1);
    expect(line.next().waitFor).toBeNull();
  });

  it("takes turns with others that are held as long, however much each has", () => {
    for (const tenantId of ["a", "b", "c"]) add(tenantId, 600);
    const all = new Set(["a", "b", "c"]);
    const waitedFor = Array.from({ length: 9 }, () => {
      const batch = line.next();
      line.putBack(batch, all);
      return batch.waitFor?.tenantId;
    });
    expect(new Set(waitedFor.slice(-3))).toEqual(all);
  });

  it("does not hold up others with deliveries that are larger than a batch", () => {
    add("held", 1, "x".repeat(3_000_000));
    line.putBack(line.next(), new Set(["held"]));
    add("free", 1);
    line.putBack(line.next(), new Set(["held"]));
    expect(sharesOf(line.next())).toEqual({ free: 1 });
  });
});

it("tries nobody over and over without waiting, whoever is held", () => {
  const tenants = fc.array(fc.record({ count: fc.integer({ min: 1, max: 400 }), size: fc.constantFrom(2, 900_000, 3_000_000) }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(tenants, (given) => {
      line = new Line(() => 0);
      given.forEach(({ count, size }, i) => add(`t${i}`, size > 2 ? Math.min(count, 5) : count, "x".repeat(size)));
      const all = new Set(given.map((_, i) => `t${i}`));
      let unwaited = 0;
      for (let i = 0; i < 50; i++) {
        const batch = line.next();
        if (batch.waitFor === null) unwaited++;
        line.putBack(batch, all);
      }
      expect(unwaited).toBeLessThanOrEqual(given.length);
    }),
    { numRuns: 50 },
  );
});
