import { describe, expect, it } from "@jest/globals";
import { createClosers } from "./closers.ts";

describe("what was opened", () => {
  it("is closed in the opposite order, once, however often that is asked for", async () => {
    const closed: string[] = [];
    const closers = createClosers();
    for (const name of ["postgres", "redis", "worker"]) await closers.open(async () => name, async (opened) => closed.push(opened));
    await Promise.all([closers.closeAll(), closers.closeAll()]);
    expect(closed).toEqual(["worker", "redis", "postgres"]);
  });

  it("is waited for where it was only being opened, before what it needs is closed", async () => {
    const closed: string[] = [];
    const closers = createClosers();
    await closers.open(async () => "redis", async (opened) => closed.push(opened));
    let up = (_name: string) => {};
    const opening = closers.open(() => new Promise<string>((resolve) => (up = resolve)), async (opened) => closed.push(opened));
    const closing = closers.closeAll();
    up("worker");
    await expect(opening).rejects.toThrow("being closed");
    await closing;
    expect(closed).toEqual(["worker", "redis"]);
  });

  it("is opened no more once closing has begun", async () => {
    const closers = createClosers();
    await closers.closeAll();
    let opened = false;
    await expect(closers.open(async () => (opened = true), async () => {})).rejects.toThrow("being closed");
    expect([opened, closers.isClosing()]).toEqual([false, true]);
  });

  it("is closed to the last where some of it can't be, which is said then", async () => {
    const closed: string[] = [];
    const closers = createClosers();
    for (const name of ["lock", "postgres", "redis", "worker"]) {
      await closers.open(
        async () => name,
        async () => {
          closed.push(name);
          if (name === "redis" || name === "worker") throw new Error(`${name} does not end`);
        },
      );
    }
    const problem = await closers.closeAll().catch((error: unknown) => error);
    expect(closed).toEqual(["worker", "redis", "postgres", "lock"]);
    expect(problem).toBeInstanceOf(AggregateError);
    expect(problem).toMatchObject({
      message: "Not everything could be closed in order: worker does not end; redis does not end",
      errors: [new Error("worker does not end"), new Error("redis does not end")],
    });
  });

  it("needs no closing where it could not be opened", async () => {
    const closers = createClosers();
    await expect(closers.open(() => Promise.reject(new Error("the port is taken")), async () => {})).rejects.toThrow("the port is taken");
    await closers.closeAll();
  });
});
