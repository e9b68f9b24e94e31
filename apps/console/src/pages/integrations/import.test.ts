import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { connectors } from "@mara/connectors";
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

describe("the import of Clerk's users", () => {
  it("shows nothing of a key that is so short that a hint would give it away", async () => {
    await settings.done("clerk/api-key", { apiKey: "sk_test_1" });
    const { text, html } = await settings.visitor.open(`${settings.path}?open=clerk`);
    expect(text).toContain("One is in use.");
    expect(html).not.toContain("<code>…</code>");
  });

  it("imports with a key, one import at a time, and not without a key", async () => {
    expect((await settings.done("clerk/import")).text).toContain("There is no API key to import with.");
    expect((await settings.done("clerk/api-key", { apiKey: "sk_test_abcdefghijklmnopqrstuvwxyz" })).text).toContain("The import has begun.");
    expect((await settings.done("clerk/import")).text).toContain("An import is under way already.");
    expect((await settings.done("clerk/import/cancel")).text).toContain("Canceled. Whoever was imported so far stays.");
    expect((await settings.done("clerk/import")).text).toContain("The import has begun.");
  });

  it.each([
    ["in line", "now()", "Waits for its turn"],
    ["for Clerk", "now() + interval '1 minute'", "Clerk does not answer at the moment"],
  ])("says that an import waits %s", async (_for, movedAt, words) => {
    await settings.done("clerk/api-key", { apiKey: "sk_test_abcdefghijklmnopqrstuvwxyz" });
    await console.backing.store.pool.query(`UPDATE backfills SET started_at = now(), progress_at = ${movedAt} WHERE tenant_id = $1`, [settings.tenantId]);
    expect((await settings.visitor.open(`${settings.path}?open=clerk`)).text).toContain(words);
  });

  it("says beside Clerk's name that it is under way, or failed, also where the row is folded up", async () => {
    const badges = async () => /<summary><span class="monogram" data-provider="clerk".*?<\/summary>/s.exec((await settings.visitor.open(settings.path)).html)?.[0];
    await settings.done("clerk/secret", { signingSecret: connectors.clerk.makeSecret(Buffer.alloc(24, 3)) });
    await settings.done("clerk/api-key", { apiKey: "sk_test_abcdefghijklmnopqrstuvwxyz" });
    expect(await badges()).toContain("Importing");
    const { pool } = console.backing.store;
    await pool.query("UPDATE backfills SET status = 'failed', error = 'Clerk refuses', finished_at = now() WHERE tenant_id = $1", [settings.tenantId]);
    expect(await badges()).toContain("Import failed");
    await pool.query("UPDATE backfills SET status = 'done', error = NULL WHERE tenant_id = $1", [settings.tenantId]);
    expect(await badges()).not.toContain("Import");
  });

  it("does not guess how long an import takes: nobody knows how much of its time it waited in line or for Clerk", async () => {
    await settings.done("clerk/api-key", { apiKey: "sk_test_abcdefghijklmnopqrstuvwxyz" });
    await console.backing.store.pool.query(
      `UPDATE backfills SET status = 'running', seen = 1000, total = 10000, started_at = now() - interval '6 hours' WHERE tenant_id = $1`,
      [settings.tenantId],
    );
    const { text } = await settings.visitor.open(`${settings.path}?open=clerk`);
    expect(text).toContain("1,000 of 10,000");
    expect(text).not.toMatch(/About .* left/);
  });

  it("does not say of an import that is over that it was canceled", async () => {
    await settings.done("clerk/api-key", { apiKey: "sk_test_abcdefghijklmnopqrstuvwxyz" });
    await settings.done("clerk/import/cancel");
    const { text } = await settings.done("clerk/import/cancel");
    expect(text).toContain("No import was under way any more: nothing was canceled.");
    expect(text).not.toContain("Whoever was imported so far stays");
  });
});
