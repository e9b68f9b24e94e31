import { describe, expect, it } from "@jest/globals";
import { attributesOf, MAX_ATTRIBUTE_KEY, MAX_ATTRIBUTE_VALUE, MAX_ATTRIBUTES } from "./attributes.ts";
import type { Json } from "./json.ts";
import { parseObject } from "./parse.ts";

describe("attributesOf", () => {
  it("keeps strings, numbers and booleans as they are", () => {
    expect(attributesOf({ tier: "pro", seats: 5, beta: false, note: "" })).toEqual({
      tier: "pro",
      seats: 5,
      beta: false,
      note: "",
    });
  });

  it.each<[string, Json]>([
    ["null", null],
    ["an object", { a: 1 }],
    ["a list", ["a"]],
    ["a number that is none", Number.POSITIVE_INFINITY],
  ])("leaves out %s", (_kind, value) => {
    expect(attributesOf({ value, kept: 1 })).toEqual({ kept: 1 });
  });

  it.each<[string, Json | undefined]>([
    ["nothing", undefined],
    ["null", null],
    ["a list", ["a"]],
    ["text", "a"],
  ])("is empty where the metadata is %s", (_kind, metadata) => {
    expect(attributesOf(metadata)).toEqual({});
  });

  it("keeps the first fifty keys in order, however they came", () => {
    const keys = Array.from({ length: 80 }, (_, i) => `k${String(i).padStart(2, "0")}`);
    const forwards = attributesOf(Object.fromEntries(keys.map((key) => [key, 1])));
    const backwards = attributesOf(Object.fromEntries([...keys].reverse().map((key) => [key, 1])));
    expect(Object.keys(forwards)).toEqual(keys.slice(0, MAX_ATTRIBUTES));
    expect(backwards).toEqual(forwards);
  });

  it("leaves out keys that look like secrets", () => {
    expect(attributesOf({ stripe_key: "x", apiKey: "x", password: "x", plan_key: "x" })).toEqual({ plan_key: "x" });
  });

  it("does not count what it leaves out towards the fifty", () => {
    const secrets = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`a_secret_${i}`, "x"]));
    expect(attributesOf({ ...secrets, kept: 1 })).toEqual({ kept: 1 });
  });

  it("looks at no more keys than anybody has", () => {
    const fields = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`a_secret_${i}`, "x"]));
    expect(attributesOf({ ...fields, never_reached: 1 })).toEqual({});
  });

  it("takes the last of several for a key that all of them hold", () => {
    expect(attributesOf({ a: 1, b: 1 }, undefined, { b: 2 }, { b: null })).toEqual({ a: 1, b: 2 });
  });

  it("cuts a long value and leaves out a long key", () => {
    expect(attributesOf({ long: "x".repeat(10_000), ["k".repeat(MAX_ATTRIBUTE_KEY + 1)]: 1 })).toEqual({
      long: "x".repeat(MAX_ATTRIBUTE_VALUE),
    });
  });

  it("gives nothing that Postgres can't hold", () => {
    expect(attributesOf({ a: "x\0y", b: "\ud800", "c\0": 1, "\udc00": 1, "": 1 })).toEqual({ a: "xy", b: "\ufffd" });
  });

  it("leaves out names that mean something to JavaScript", () => {
    const attributes = attributesOf(parseObject(`{"__proto__": "x", "constructor": "x", "prototype": "x", "ok": "x"}`) ?? {});
    expect(Object.keys(attributes)).toEqual(["ok"]);
    expect(Object.getPrototypeOf(attributes)).toBe(Object.prototype);
  });
});
