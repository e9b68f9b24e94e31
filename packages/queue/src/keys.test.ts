import { describe, expect, it } from "@jest/globals";
import { QueueKeys } from "bullmq";
import { BACKFILLS, eventQueueNames, eventQueueOf, jobKey, ledgerId, pendingIndexKey, pendingKey, prefixOf, readPendingKey, UPKEEP } from "./keys.ts";

/** What a cluster hashes: the text in the first braces. */
function tagOf(key: string): string | undefined {
  return /\{(.+?)\}/.exec(key)?.[1];
}

describe("keys", () => {
  it.each([...eventQueueNames(3), BACKFILLS, UPKEEP])("of the queue %s all lie on one node of a cluster", (name) => {
    const keys = Object.values(new QueueKeys(prefixOf(name)).getKeys(name));
    expect(new Set([...keys, jobKey(name, "some-id")].map(tagOf))).toEqual(new Set([`mara:${name}`]));
  });

  it("of what is pending in a queue lie on its node, and can be read again", () => {
    const key = pendingKey("events-0", "demo", "stripe");
    expect([key, pendingIndexKey("events-0")].map(tagOf)).toEqual(["mara:events-0", "mara:events-0"]);
    expect(readPendingKey(key)).toEqual({ tenantId: "demo", provider: "stripe" });
    expect(readPendingKey(pendingIndexKey("events-0"))).toBeNull();
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

describe("the queue of a tenant", () => {
  it("is always the same one", () => {
    expect(eventQueueOf("demo", 8)).toBe(eventQueueOf("demo", 8));
    expect(eventQueueOf("demo", 1)).toBe("events-0");
  });

  it("leaves no queue without tenants", () => {
    const used = new Set(Array.from({ length: 400 }, (_, i) => eventQueueOf(`tenant-${i}`, 16)));
    expect(used).toEqual(new Set(eventQueueNames(16)));
  });
});
