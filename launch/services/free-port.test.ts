import { describe, expect, it } from "@jest/globals";
import { freePort } from "./free-port.ts";

describe("free ports", () => {
  it("are all different, asked for at once or later, and leave room for those of a cluster's nodes", async () => {
    const ports: number[] = [];
    for (let i = 0; i < 10; i += 1) ports.push(...(await Promise.all(Array.from({ length: 100 }, freePort))));
    expect(new Set(ports).size).toBe(1_000);
    // A node takes its own and the one 10,000 above: that is no other node's, and below those of outgoing connections.
    expect(ports.filter((port) => port < 10_000 || port >= 20_000)).toEqual([]);
  });
});
