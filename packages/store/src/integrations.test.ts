import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { Provider } from "@mara/connectors";
import { addContact, addTenant, KEY, NOW, openScene } from "../test/scene.ts";
import { backfillApiKey, finishBackfill, latestBackfill, loadBackfill, startBackfill } from "./backfills.ts";
import { listIntegrations, removeIntegration, saveIntegration, type IntegrationChange } from "./integrations.ts";
import { InvalidInput } from "./invalid-input.ts";
import { readKeyring } from "./keyring.ts";
import { openStore } from "./open-store.ts";
import { loadSecrets, loadSecretsOfAll } from "./secrets.ts";

const HOUR = 3_600_000;

let scene: Awaited<ReturnType<typeof openScene>>;
let tenantId: string;
let tenants = 0;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());
beforeEach(async () => {
  tenantId = `tenant-${++tenants}`;
  await addTenant(scene.store, tenantId);
});

const now = Date.now();
const secret = (n: number) => `whsec_${String(n).padStart(32, "0")}`;

function save(change: IntegrationChange, { provider = "stripe", at = now }: { provider?: Provider; at?: number } = {}) {
  return saveIntegration(scene.store, tenantId, provider, change, at);
}

/** The secrets that count, as value and the hours that they have left. */
async function active(provider: Provider = "stripe"): Promise<[string | null, number | null][]> {
  const secrets = (await loadSecrets(scene.store, [tenantId])).get(tenantId)?.[provider] ?? [];
  return secrets.map(({ value, expiresAt }) => [value, expiresAt === null ? null : (expiresAt - now) / HOUR]);
}

describe("a signing secret", () => {
  it("counts at once, and is only shown as a hint", async () => {
    const { integration } = await save({ signingSecret: `whsec_${"x".repeat(28)}AbCd` });
    expect(await active()).toEqual([[`whsec_${"x".repeat(28)}AbCd`, null]]);
    expect(integration).toMatchObject({ configured: true, secrets: [{ hint: "whsec_…AbCd", expiresAt: null }] });
    expect(JSON.stringify(integration)).not.toContain("xxx");
  });

  it("is stored so that nobody reads it in the database", async () => {
    await save({ signingSecret: secret(77), apiKey: "sk_test_0123456789abcdef" });
    const { rows } = await scene.store.pool.query("SELECT encode(sealed, 'escape') FROM signing_secrets");
    expect(JSON.stringify(rows)).not.toContain("00077");
  });

  it("leaves the one before it valid for a day", async () => {
    await save({ signingSecret: secret(1) });
    await save({ signingSecret: secret(2) });
    expect(await active()).toEqual([[secret(2), null], [secret(1), 24]]);
  });

  it("never makes an older one last longer", async () => {
    await save({ signingSecret: secret(1) });
    await save({ signingSecret: secret(2), overlapHours: 2 });
    await save({ signingSecret: secret(3), overlapHours: 48 });
    expect(await active()).toEqual([[secret(3), null], [secret(2), 48], [secret(1), 2]]);
  });

  it("ends the ones before it at once where no overlap is wanted", async () => {
    await save({ signingSecret: secret(1) });
    await save({ signingSecret: secret(2), overlapHours: 0 });
    expect(await active()).toEqual([[secret(2), null]]);
  });

  it("is the same one when it is pasted again", async () => {
    const { integration: before } = await save({ signingSecret: secret(1) });
    const { integration: after } = await save({ signingSecret: secret(1) });
    expect(after.secrets).toEqual(before.secrets);
  });

  it("leaves those before it the time that they were given when it is pasted again, unless another is asked for", async () => {
    await save({ signingSecret: secret(1) });
    await save({ signingSecret: secret(2), overlapHours: 48 });
    await save({ signingSecret: secret(2) });
    expect(await active()).toEqual([[secret(2), null], [secret(1), 48]]);
    await save({ signingSecret: secret(2), overlapHours: 0 });
    expect(await active()).toEqual([[secret(2), null]]);
  });

  it("counts for good again when it is pasted again after it was replaced", async () => {
    await save({ signingSecret: secret(1) });
    await save({ signingSecret: secret(2) });
    await save({ signingSecret: secret(1) });
    expect((await active()).sort()).toEqual([[secret(1), null], [secret(2), 24]]);
  });

  it("stands before the one that took its place when it is pasted again", async () => {
    await save({ signingSecret: secret(1) });
    await save({ signingSecret: secret(2) }, { at: now + HOUR });
    const { integration } = await save({ signingSecret: secret(1) }, { at: now + 2 * HOUR });
    expect(integration.secrets.map(({ hint }) => hint)).toEqual(["whsec_…0001", "whsec_…0002"]);
    expect(await active()).toEqual([[secret(1), null], [secret(2), 26]]);
  });

  it("comes back when it is pasted again after it had ended", async () => {
    await save({ signingSecret: secret(1) });
    await save({ signingSecret: secret(2), overlapHours: 0 });
    await save({ signingSecret: secret(1), overlapHours: 0 });
    expect(await active()).toEqual([[secret(1), null]]);
  });

  it("is one of five that count at most", async () => {
    for (let n = 1; n <= 8; n++) await save({ signingSecret: secret(n) }, { at: now + n });
    const values = (await active()).map(([value]) => value);
    expect(values).toEqual([8, 7, 6, 5, 4].map(secret));
  });

  it("leaves a bounded number of old ones behind", async () => {
    for (let n = 1; n <= 25; n++) await save({ signingSecret: secret(n), overlapHours: 0 });
    const { rows } = await scene.store.pool.query("SELECT id FROM signing_secrets WHERE tenant_id = $1", [tenantId]);
    expect(rows).toHaveLength(20);
  });

  it("is not lost where several are pasted at once", async () => {
    await Promise.all([1, 2, 3, 4].map((n) => save({ signingSecret: secret(n) })));
    const left = await active();
    expect(left.map(([value]) => value).sort()).toEqual([1, 2, 3, 4].map(secret));
    expect(left.filter(([, hours]) => hours === null)).toHaveLength(1);
  });

  it("is one row where the same is pasted twice at once", async () => {
    await Promise.all([1, 1, 1].map((n) => save({ signingSecret: secret(n) })));
    expect(await active()).toEqual([[secret(1), null]]);
  });
});

describe("what ingest loads", () => {
  it("tells a tenant without secrets from one that does not exist", async () => {
    const loaded = await loadSecrets(scene.store, [tenantId, "nobody", "no\0body"]);
    expect([...loaded]).toEqual([[tenantId, {}]]);
  });

  it("begins with the tenants that were heard of last", async () => {
    await scene.store.pool.query(
      "INSERT INTO connector_health (tenant_id, provider, last_activity_at) VALUES ($1, 'stripe', '2100-01-01')",
      [tenantId],
    );
    expect([...(await loadSecretsOfAll(scene.store, 1)).keys()]).toEqual([tenantId]);
    expect((await loadSecretsOfAll(scene.store, 1_000)).size).toBe(tenants + 1);
  });

  it("is looked for among all tenants for longer than a query for a few may take: they may be very many", async () => {
    const store = openStore({ databaseUrl: scene.url, keyring: readKeyring(KEY), queryTimeout: 100 });
    const locker = await scene.store.pool.connect();
    try {
      await locker.query("BEGIN");
      await locker.query("LOCK TABLE connector_health");
      const loading = loadSecretsOfAll(store, 1_000);
      loading.catch(() => undefined);
      await expect(store.pool.query("SELECT 1 FROM connector_health")).rejects.toThrow("timeout");
      await locker.query("ROLLBACK");
      expect((await loading).size).toBe(tenants + 1);
    } finally {
      locker.release(true);
      await store.close();
    }
  });
});

describe("an API key", () => {
  it("begins the first import, once, also where it is pasted twice at once", async () => {
    const both = await Promise.all([1, 2].map(() => save({ apiKey: "sk_test_0123456789abcdef" }, { provider: "clerk" })));
    const begun = both.flatMap(({ firstImport }) => firstImport ?? []);
    expect(begun).toEqual([await latestBackfill(scene.store, tenantId)]);
  });

  it("begins no import where it was not kept", async () => {
    const unkept = save({ apiKey: "sk_test_0123456789abcdef", signingSecret: secret(1) }, { provider: "clerk", at: Number.NaN });
    await expect(unkept).rejects.toThrow();
    expect(await latestBackfill(scene.store, tenantId)).toBeNull();
  });

  it("begins the import anew where it takes another one's place while an import is under way", async () => {
    const first = (await save({ apiKey: "sk_test_0123456789abcdef" }, { provider: "clerk" })).firstImport;
    const second = (await save({ apiKey: "sk_test_another9876543210" }, { provider: "clerk" })).firstImport;
    expect(await loadBackfill(scene.store, first?.id ?? "")).toMatchObject({ status: "canceled" });
    expect(second).toMatchObject({ status: "waiting", seen: 0 });
    expect(await latestBackfill(scene.store, tenantId)).toEqual(second);
  });

  it("begins the import anew where it takes another one's place after an import that failed", async () => {
    const first = (await save({ apiKey: "sk_test_0123456789abcdef" }, { provider: "clerk" })).firstImport;
    await finishBackfill(scene.store, first?.id ?? "", { status: "failed", error: "Clerk refuses the API key." });
    expect((await save({ apiKey: "sk_test_another9876543210" }, { provider: "clerk" })).firstImport).toMatchObject({ status: "waiting" });
  });

  it("begins nothing where it takes another one's place after an import that went well", async () => {
    const first = (await save({ apiKey: "sk_test_0123456789abcdef" }, { provider: "clerk" })).firstImport;
    await finishBackfill(scene.store, first?.id ?? "", { status: "done" });
    expect((await save({ apiKey: "sk_test_another9876543210" }, { provider: "clerk" })).firstImport).toBeNull();
    expect(await latestBackfill(scene.store, tenantId)).toMatchObject({ id: first?.id, status: "done" });
  });

  it("changes nothing of an import under way where the same one is pasted again, or something else is changed", async () => {
    const { firstImport } = await save({ apiKey: "sk_test_0123456789abcdef" }, { provider: "clerk" });
    expect((await save({ apiKey: "sk_test_0123456789abcdef" }, { provider: "clerk" })).firstImport).toBeNull();
    expect((await save({ signupEvent: "user.created" }, { provider: "clerk" })).firstImport).toBeNull();
    expect(await latestBackfill(scene.store, tenantId)).toEqual(firstImport);
  });

  it("that is cleared ends the import under way, and the next one begins the first again", async () => {
    const { firstImport } = await save({ apiKey: "sk_test_0123456789abcdef" }, { provider: "clerk" });
    await save({ apiKey: null }, { provider: "clerk" });
    expect(await latestBackfill(scene.store, tenantId)).toMatchObject({ id: firstImport?.id, status: "canceled" });
    expect((await save({ apiKey: "sk_test_0123456789abcdef" }, { provider: "clerk" })).firstImport).toMatchObject({ status: "waiting" });
  });

  it("is kept sealed, opened for the backfill, and shown as a hint", async () => {
    const { integration } = await save({ apiKey: "sk_test_0123456789abcdef" }, { provider: "clerk" });
    expect(integration.apiKey).toEqual({ hint: "sk_test_…cdef" });
    expect(await backfillApiKey(scene.store, tenantId)).toBe("sk_test_0123456789abcdef");
  });

  it("goes when it is cleared, and the rest stays", async () => {
    await save({ apiKey: "sk_test_0123456789abcdef", signupEvent: "user.created" }, { provider: "clerk" });
    const { integration } = await save({ apiKey: null }, { provider: "clerk" });
    expect(integration).toMatchObject({ apiKey: null, signupEvent: "user.created" });
    expect(await backfillApiKey(scene.store, tenantId)).toBeNull();
  });
});

describe("an integration", () => {
  it("is listed for each provider, set up or not", async () => {
    await save({ signingSecret: secret(1) }, { provider: "polar" });
    const listed = await listIntegrations(scene.store, tenantId, ["stripe", "polar", "clerk"]);
    expect(listed.map(({ provider, configured }) => [provider, configured])).toEqual([
      ["stripe", false],
      ["polar", true],
      ["clerk", false],
    ]);
  });

  it.each<[string, IntegrationChange]>([
    ["signingSecret", { signingSecret: "" }],
    ["signingSecret", { signingSecret: "nul\0" }],
    ["signingSecret", { signingSecret: "a".repeat(513) }],
    ["apiKey", { apiKey: "line\nbreak" }],
    ["overlapHours", { signingSecret: "ok", overlapHours: -1 }],
    ["overlapHours", { signingSecret: "ok", overlapHours: 721 }],
    ["overlapHours", { signingSecret: "ok", overlapHours: Number.NaN }],
  ])("refuses a wrong %s", async (path, change) => {
    await expect(save(change)).rejects.toMatchObject({ name: InvalidInput.name, path });
    expect(await active()).toEqual([]);
  });

  it("forgets its secrets and settings when it is removed; contacts stay", async () => {
    await save({ signingSecret: secret(1), apiKey: "sk_test_0123456789abcdef" }, { provider: "clerk" });
    await addContact(scene.store, tenantId, { known: [["app", "user_1", "clerk"]] });
    await removeIntegration(scene.store, tenantId, "clerk");
    const [integration] = await listIntegrations(scene.store, tenantId, ["clerk"], NOW);
    expect(integration).toMatchObject({ configured: false, secrets: [], apiKey: null, health: { contacts: 1 } });
    expect(await active("clerk")).toEqual([]);
  });

  it("ends its backfill when it is removed", async () => {
    await save({ apiKey: "sk_test_0123456789abcdef" }, { provider: "clerk" });
    await removeIntegration(scene.store, tenantId, "clerk");
    expect(await latestBackfill(scene.store, tenantId)).toMatchObject({ status: "canceled" });
    expect(await startBackfill(scene.store, tenantId)).toEqual({ kind: "no_api_key" });
  });

  it("can be removed where there is none", async () => {
    await expect(removeIntegration(scene.store, tenantId, "polar")).resolves.toBeUndefined();
  });
});
