import { describe, expect, it } from "@jest/globals";
import { after, byOffset, furtherBack, isEnd, mayHaveSkipped, newOf, PAGE_SIZE, START, type Place } from "./place.ts";

/** Users from the nth on, one a millisecond, in the order of sign-up. */
function users(from: number, to: number) {
  return Array.from({ length: to - from }, (_, i) => ({ id: `user_${from + i}`, createdAt: from + i }));
}

/** Reads a list to its end by offset, page by page; `meanwhile` changes the list after each page. */
function readAll(list: { id: string; createdAt: number }[], meanwhile: (page: number) => void): string[] {
  const seen: string[] = [];
  let at: Place = byOffset(START);
  for (let page = 0; page < 100; page++) {
    const found = list.slice(at.offset, at.offset + PAGE_SIZE);
    if (mayHaveSkipped(at, found)) {
      at = furtherBack(at);
      continue;
    }
    const fresh = newOf(at, found);
    if (fresh.length === 0 && isEnd(at, found)) return seen;
    seen.push(...fresh.map((user) => user.id));
    at = after(at, found, fresh);
    meanwhile(page);
  }
  throw new Error("it never ends");
}

describe("a place in the list, by offset", () => {
  it("reaches back a little, and passes over those who are known", () => {
    const first = users(0, 500);
    const place = after(byOffset(START), first, first);
    expect(place.offset).toBeLessThan(500);
    expect(newOf(place, users(place.offset, place.offset + 500)).map((user) => user.id)).toEqual(
      users(500, place.offset + 500).map((user) => user.id),
    );
  });

  it.each([
    ["nobody is deleted", 0],
    ["a few are deleted", 30],
    ["more are deleted than it reaches back", 450],
    ["almost everybody seen is deleted", 499],
  ])("sees everybody once where %s after a page", (_what, deleted) => {
    const list = users(0, 2_345);
    const seen = readAll(list, (page) => {
      if (page === 0) list.splice(0, deleted);
    });
    expect(seen).toEqual(users(0, 2_345).map((user) => user.id));
  });

  it("misses nobody who signed up in the same moment as the last one, who is deleted with others after a page", () => {
    const list = users(0, 900).map((user, i) => (i >= 450 && i < 560 ? { ...user, createdAt: 450 } : user));
    const seen = readAll(list, (page) => {
      if (page !== 0) return;
      list.splice(499, 1);
      list.splice(0, 120);
    });
    expect(new Set(seen).size).toBe(900);
  });

  it("sees those who sign up while it reads", () => {
    const list = users(0, 600);
    const seen = readAll(list, (page) => {
      if (page < 3) list.push(...users(list.length, list.length + 40));
    });
    expect(seen).toHaveLength(720);
  });

  it("ends where the list was emptied", () => {
    const list = users(0, 700);
    expect(readAll(list, () => void list.splice(0))).toHaveLength(500);
  });
});
