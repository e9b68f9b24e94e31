import { describe, expect, it } from "@jest/globals";
import { validate, version } from "uuid";
import { deliveryIdAt } from "./delivery-id.ts";

describe("a delivery's id", () => {
  it("is a UUID of version 7 that begins with its time", () => {
    const id = deliveryIdAt(0x0123456789ab);
    expect(id).toMatch(/^01234567-89ab-7/);
    expect([validate(id), version(id)]).toEqual([true, 7]);
  });

  it("sorts by time, and is never the same twice", () => {
    const ids = [1, 0xffff, 0x10000, 1_795_530_584_228].map(deliveryIdAt);
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(Array.from({ length: 1_000 }, () => deliveryIdAt(1))).size).toBe(1_000);
  });
});
