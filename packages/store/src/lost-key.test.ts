import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { Provider } from "@mara/connectors";
import { v7 as uuid } from "uuid";
import { addTenant, KEY, openScene } from "../test/scene.ts";
import { listIntegrations, saveIntegration } from "./integrations.ts";
import { readKeyring, type Keyring } from "./keyring.ts";
import { seal, type CannotOpen } from "./seal.ts";
import { loadSecrets, usableSecrets } from "./secrets.ts";

const HOUR = 3_600_000;
const OURS = readKeyring(KEY);
const LOST = readKeyring(Buffer.alloc(32, 9).toString("base64"));
const now = Date.now();

let scene: Awaited<ReturnType<typeof openScene>>;
let tenantId: string;
let tenants = 0;
let keptSoFar = 0;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());
beforeEach(async () => {
  tenantId = `tenant-${++tenants}`;
  await addTenant(scene.store, tenantId);
});

/** A secret as it was kept while `keyring` was in use. */
async function keep(keyring: Keyring, value: string, { provider = "stripe", endsIn = null }: { provider?: Provider; endsIn?: number | null } = {}) {
  const sealed = seal(keyring, { tenantId, provider, purpose: "signing secret" }, value);
  const expiresAt = endsIn === null ? null : new Date(now + endsIn);
  await scene.store.prisma.signingSecret.create({ data: { id: uuid(), tenantId, provider, sealed, hint: "…", expiresAt, createdAt: new Date(now - HOUR + ++keptSoFar) } });
}

const paste = (signingSecret: string) => saveIntegration(scene.store, tenantId, "stripe", { signingSecret }, now);

/** What can be used of a provider: the values, or why there are none. */
async function usable(provider: Provider = "stripe", inMs = 0): Promise<readonly string[] | "none" | "sealed"> {
  const found = usableSecrets((await loadSecrets(scene.store, [tenantId])).get(tenantId) ?? {}, provider, now + inMs);
  return found.kind === "opened" ? found.secrets.map(({ value }) => value) : found.kind;
}

async function kept(): Promise<number> {
  return scene.store.prisma.signingSecret.count({ where: { tenantId } });
}

describe("a signing secret whose key is lost", () => {
  it("is told from none, and takes nothing from the tenant's other providers", async () => {
    await keep(LOST, "lost");
    await keep(OURS, "ours", { provider: "polar" });
    expect([await usable("stripe"), await usable("polar"), await usable("clerk")]).toEqual(["sealed", ["ours"], "none"]);
  });

  it("takes nothing from those that open beside it", async () => {
    await keep(OURS, "older");
    await keep(LOST, "lost");
    await keep(OURS, "newer");
    expect(await usable()).toEqual(["newer", "older"]);
  });

  it("is known of beside those that open for as long as it counts, and not where there is none", async () => {
    const foundOf = async (provider: Provider, inMs = 0) =>
      usableSecrets((await loadSecrets(scene.store, [tenantId])).get(tenantId) ?? {}, provider, now + inMs);
    await keep(OURS, "ours");
    await keep(LOST, "lost", { endsIn: HOUR });
    await keep(OURS, "alone", { provider: "polar" });
    const found = [await foundOf("stripe"), await foundOf("stripe", HOUR), await foundOf("polar")];
    expect(found).toMatchObject([{ hasSealed: true }, { hasSealed: false }, { hasSealed: false }]);
  });

  it("holds its provider back past the end of the last that opened, and no longer than it counts itself", async () => {
    await keep(OURS, "ours", { endsIn: HOUR });
    await keep(LOST, "lost", { endsIn: 2 * HOUR });
    expect([await usable(), await usable("stripe", HOUR), await usable("stripe", 2 * HOUR)]).toEqual([["ours"], "sealed", "none"]);
  });

  it("is told of when it is loaded", async () => {
    await keep(LOST, "lost");
    const heard: CannotOpen[] = [];
    await loadSecrets(scene.store, [tenantId, "acme"], (error) => heard.push(error));
    expect(heard).toMatchObject([{ problem: "unknown key", places: [{ tenantId, provider: "stripe", purpose: "signing secret" }] }]);
  });

  it("is gone when another is pasted for its provider, which counts at once and is all that is shown", async () => {
    await keep(LOST, "lost");
    await keep(LOST, "lost too", { endsIn: HOUR });
    await keep(LOST, "elsewhere", { provider: "polar" });
    const { integration } = await paste("pasted");
    expect([await usable("stripe"), await usable("polar"), await kept()]).toEqual([["pasted"], "sealed", 2]);
    expect(integration.secrets).toHaveLength(1);
    expect(await listIntegrations(scene.store, tenantId, ["polar"], now)).toMatchObject([{ configured: true }]);
  });

  it("can be opened again when the very same is pasted", async () => {
    await keep(LOST, "the same");
    await paste("the same");
    expect([await usable(), await kept()]).toEqual([["the same"], 1]);
  });

  it("takes none along that can be opened: those keep their overlap", async () => {
    await keep(OURS, "ours");
    await keep(LOST, "lost");
    await paste("pasted");
    expect([await usable(), await usable("stripe", 25 * HOUR)]).toEqual([["pasted", "ours"], ["pasted"]]);
  });
});
