import { describe, expect, it } from "@jest/globals";
import { connectors, PROVIDERS, type Provider } from "@mara/connectors";
import { namesIn } from "./names-in.ts";

const AT = Date.UTC(2026, 10, 1);

function names(provider: Provider, body: string) {
  return namesIn({ provider, providerEventId: "evt_1", receivedAt: AT, body });
}

describe("whom a failed delivery names", () => {
  it("is the person of its connector, by every id and address, and the tenant's own id first", () => {
    const person = { email: "Ann@x.test", externalId: "pc_1", appId: "user_1" };
    const { body } = connectors.polar.samples["order.paid"]({ at: AT, seed: "a", person });
    expect(names("polar", body)).toEqual({ isRead: true, ids: ["app:user_1", "polar:pc_1"], addresses: ["email:ann@x.test"] });
  });

  it("has Clerk's own ids among the tenant's", () => {
    const { body } = connectors.clerk.samples["user.created"]({ at: AT, seed: "a", person: { email: "ann@x.test", externalId: "user_1" } });
    expect(names("clerk", body)).toMatchObject({ ids: ["app:user_1"], addresses: ["email:ann@x.test"] });
  });

  it("is nobody by an address that was not verified", () => {
    const { body } = connectors.clerk.samples["user.created"]({ at: AT, seed: "a", person: { email: "ann@x.test", externalId: "user_1" } });
    expect(names("clerk", body.replaceAll('"status":"verified"', '"status":"unverified"')).addresses).toEqual([]);
  });

  it("is everybody whom it may name where its connector can't read it", () => {
    const body = JSON.stringify({
      type: "invoice.payment_failed",
      data: { object: { customer: "cus_1", client_reference_id: "user_1", customer_email: "ANN@x.test" } },
    });
    const { isRead, ids, addresses } = names("stripe", body);
    expect(isRead).toBe(false);
    expect(ids).toEqual(expect.arrayContaining(["stripe:cus_1", "app:user_1"]));
    expect(addresses).toEqual(["email:ann@x.test"]);
  });

  it.each(PROVIDERS)("can be asked of anything that %s may have sent", (provider) => {
    for (const body of ["", "null", "[]", "{", '{"id":"x","type":"customer.updated"}', '{"type":"user.created","data":7}']) {
      expect(() => names(provider, body)).not.toThrow();
    }
  });
});
