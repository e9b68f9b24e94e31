import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { openConsole, type Answered, type OpenConsole } from "../test/open-console.ts";

let console: OpenConsole;

beforeAll(async () => {
  console = await openConsole();
});
afterAll(() => console.close());

/** Asks from an address that the proxy in front tells of. `token`: by default the operator's. */
function ask(of: OpenConsole, from: string, token?: string): Promise<Answered> {
  return of.ask("GET", "/api/tenants", { ...(token !== undefined && { token }), headers: { "x-forwarded-for": from } });
}

async function guess(of: OpenConsole, from: string, times: number): Promise<number[]> {
  const statuses = [];
  for (let i = 0; i < times; i++) statuses.push((await ask(of, from, `wrong-${i}`)).status);
  return statuses;
}

describe("wrong tokens", () => {
  it("are refused for what they are a thousand times a minute, and then told to wait", async () => {
    expect(new Set(await guess(console, "203.0.113.20", 1_000))).toEqual(new Set([401]));
    const { status, body, headers } = await ask(console, "203.0.113.20", "wrong");
    expect([status, body]).toEqual([429, { error: "too_many_attempts" }]);
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
  });

  it("hold up no right one, from the same address or another, and no wrong one from elsewhere", async () => {
    const { token } = await console.tenant();
    await guess(console, "203.0.113.21", 1_001);
    const [operator, tenant, elsewhere] = [
      await ask(console, "203.0.113.21"),
      await ask(console, "203.0.113.21", token),
      await ask(console, "203.0.113.22", "wrong"),
    ];
    expect([operator.status, tenant.status, elsewhere.status]).toEqual([200, 404, 401]);
  });

  it("are counted apart from people's sign-ins", async () => {
    await guess(console, "203.0.113.23", 1_001);
    const { status } = await fetch(`${console.url}/sign-in`, {
      method: "POST",
      headers: { "sec-fetch-site": "same-origin", "x-forwarded-for": "203.0.113.23" },
      body: new URLSearchParams({ token: "wrong" }),
    });
    expect(status).toBe(401);
  });

  it("are counted also while Redis is away", async () => {
    const lone = await openConsole();
    await lone.redis.stop();
    expect((await guess(lone, "203.0.113.24", 1_001)).at(-1)).toBe(429);
    await lone.close();
  });
});

describe("no token at all", () => {
  it("is no attempt", async () => {
    const statuses = [];
    for (let i = 0; i < 105; i++) {
      statuses.push((await console.ask("GET", "/api/tenants", { token: null, headers: { "x-forwarded-for": "203.0.113.25" } })).status);
    }
    expect(new Set(statuses)).toEqual(new Set([401]));
  });
});
