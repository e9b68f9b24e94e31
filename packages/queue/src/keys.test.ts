import { describe, expect, it } from "@jest/globals";
import { QueueKeys } from "bullmq";
import { BACKFILLS, eventQueueNames, jobKey, ledgerId, pendingKey, prefixOf, shardOf, UPKEEP } from "./keys.ts";

/** What a cluster hashes: the text in the first braces. */
function tagOf(key: string): string | undefined {
  return /\{(.+?)\}/.exec(key)?.[1];
}

describe("keys", () => {
  it.each([...eventQueueNames(3), BACKFILLS, UPKEEP])("of the queue %s all lie on one node of a cluster", (name) => {
    const keys = Object.values(new QueueKeys(prefixOf(name)).getKeys(name));
    expect(new Set([...keys, jobKey(name, "some-id")].map(tagOf))).toEqual(new Set([`mara:${name}`]));
  });

  it("of a tenant's pending deliveries lie on one node", () => {
    expect(tagOf(pendingKey("demo", "stripe"))).toBe("demo");
    expect(tagOf(pendingKey("demo", "clerk"))).toBe("demo");
  });

  it("name each job as BullMQ does", () => {
    expect(jobKey("events-0", "some-id")).toBe(new QueueKeys(prefixOf("events-0")).toKey("events-0", "some-id"));
  });
});

describe("the ledger's name of an event", () => {
  it("is the same for the same event, short, and fit for BullMQ", () => {
    expect(ledgerId("demo", "stripe", "evt:1")).toBe(ledgerId("demo", "stripe", "evt:1"));
    expect(ledgerId("demo", "stripe", "x".repeat(255))).toMatch(/^[\w-]{22}$/);
  });

  it("is never the same for two events", () => {
    const names = ["a", "a-stripe", "b"].flatMap((tenant) =>
      (["stripe", "polar", "clerk"] as const).flatMap((provider) =>
        ["1", "stripe 1", "2"].map((id) => ledgerId(tenant, provider, id)),
      ),
    );
    expect(new Set(names).size).toBe(names.length);
  });
});

describe("the shard of a tenant", () => {
  it("is always the same one", () => {
    expect(shardOf("demo", 8)).toBe(shardOf("demo", 8));
    expect(shardOf("demo", 1)).toBe(0);
  });

  it("leaves no shard without tenants", () => {
    const used = new Set(Array.from({ length: 400 }, (_, i) => shardOf(`tenant-${i}`, 16)));
    expect(used).toEqual(new Set(Array.from({ length: 16 }, (_, i) => i)));
  });
});
