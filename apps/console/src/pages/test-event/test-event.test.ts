import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { connectors } from "@mara/connectors";
import { openStore, readKeyring, saveIntegration } from "@mara/store";
import { openConsole, type OpenConsole } from "../../../test/open-console.ts";
import { openSettings, type Settings } from "../../../test/settings.ts";

let console: OpenConsole;
let settings: Settings;

beforeAll(async () => {
  console = await openConsole();
});
afterAll(() => console.close());
beforeEach(async () => {
  settings = await openSettings(console);
});

const secret = connectors.stripe.makeSecret(Buffer.alloc(24, 3));

describe("a test event", () => {
  it("says that ingest did not answer", async () => {
    await settings.submit("stripe/secret", { signingSecret: secret });
    await settings.visitor.open(`/tenants/${settings.tenantId}/integrations/stripe/test`);
    const { status, text } = await settings.submit("stripe/test", { type: "charge.refunded" });
    expect(status).toBe(502);
    expect(text).toContain("Ingest did not answer, so nothing was sent.");
  });

  it("says that there is nothing to sign with", async () => {
    await settings.visitor.open(`/tenants/${settings.tenantId}/integrations/polar/test`);
    const { status, text } = await settings.submit("polar/test", { type: "order.paid" });
    expect(status).toBe(412);
    expect(text).toContain("There is no signing secret to sign with: paste one first.");
  });

  it("says that the secret can't be opened any more, and what to do", async () => {
    const before = openStore({ databaseUrl: console.databaseUrl, keyring: readKeyring(Buffer.alloc(32, 9).toString("base64")) });
    await saveIntegration(before, settings.tenantId, "stripe", { signingSecret: secret }).finally(() => before.close());
    await settings.visitor.open(`/tenants/${settings.tenantId}/integrations/stripe/test`);
    const { status, text } = await settings.submit("stripe/test", { type: "charge.refunded" });
    expect(status).toBe(503);
    expect(text).toContain("Paste the secret again.");
  });

  it("is one of those that there are", async () => {
    await settings.visitor.open(`/tenants/${settings.tenantId}/integrations/stripe/test`);
    expect((await settings.submit("stripe/test", { type: "constructor" })).status).toBe(400);
  });

  it.each(["?event=x", "?event=&type=a&status=200&told=x", "?event=a&type=a&status=abc&told=x", `?event=${"a".repeat(300)}&type=a&status=200&told=x`])(
    "was not sent where the address says so by mistake: %s",
    async (query) => {
      const { status, text } = await settings.visitor.open(`/tenants/${settings.tenantId}/integrations/stripe/test${query}`);
      expect(status).toBe(200);
      expect(text).not.toContain("Ingest answered");
    },
  );
});
