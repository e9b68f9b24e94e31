import { describe, expect, it } from "@jest/globals";
import { AT, Signed } from "../test/signed.ts";
import { attempt, expectSound, historiesOf } from "../test/sound.ts";
import type { Connector, Person, Sample, SampleOptions } from "./connector.ts";
import { EVENT_TYPES } from "./moments.ts";
import { connectors } from "./registry.ts";

const SEED = "contract1";
const TOLERANCE = 300_000;

/** What every connector of the registry promises, tried with every one of its samples. */
describe.each<[string, Connector]>(Object.entries(connectors))("%s", (provider, connector) => {
  const signed = new Signed(connector);
  const { secret, other } = signed;
  const makers = Object.values(connector.samples);
  const samples = Object.entries(connector.samples).map(([name, make]) => [name, make({ at: AT, seed: SEED })] as const);
  const toldBy = (options: Partial<SampleOptions>): Person[] =>
    makers.flatMap((make) => connector.normalise(signed.event(make({ at: AT, seed: SEED, ...options })).event).facts?.person ?? []);

  describe.each(samples)("%s", (name, sample) => {
    const { type } = sample;

    it("is named by its type, and by its variant where there are several", () => {
      expect(name.split(":")[0]).toBe(type);
    });

    it("verifies as it was signed, and names the secret", () => {
      const verdict = connector.verify(signed.delivery(sample), [other, secret], AT);
      expect(verdict).toMatchObject({ ok: true, delivery: { secretId: "ours" } });
    });

    it.each([
      ["changed by a character", sample.body.replace(/[a-z]/, "Z")],
      ["longer by a space", `${sample.body} `],
      ["cut short", sample.body.slice(0, -1)],
      ["emptied", ""],
    ])("does not verify %s", (_, body) => {
      const tampered = { ...signed.delivery(sample), body: Buffer.from(body) };
      expect(connector.verify(tampered, [secret], AT)).toEqual({ ok: false, reason: "mismatch" });
    });

    it("does not verify by another secret, nor by none", () => {
      expect(connector.verify(signed.delivery(sample), [other], AT)).toEqual({ ok: false, reason: "mismatch" });
      expect(connector.verify(signed.delivery(sample), [], AT)).toEqual({ ok: false, reason: "mismatch" });
    });

    it("does not verify without a signature", () => {
      const unsigned = { headers: { "content-type": "application/json" }, body: Buffer.from(sample.body) };
      expect(connector.verify(unsigned, [secret], AT)).toEqual({ ok: false, reason: "missing" });
    });

    it.each([
      ["old", AT + TOLERANCE],
      ["early", AT - TOLERANCE],
    ])("verifies when it is 300 s %s, and is stale beyond", (_, now) => {
      const beyond = now + Math.sign(now - AT) * 1000;
      expect(connector.verify(signed.delivery(sample), [secret], now).ok).toBe(true);
      expect(connector.verify(signed.delivery(sample), [secret], beyond)).toEqual({ ok: false, reason: "stale" });
      expect(connector.verify(signed.delivery(sample), [other], beyond)).toEqual({ ok: false, reason: "mismatch" });
    });

    it("is identified by its id, type and time", () => {
      const { event, dedupe } = signed.event(sample);
      expect(event).toMatchObject({ id: sample.id, type });
      expect(Math.abs(event.occurredAt - AT)).toBeLessThan(1000);
      expect(dedupe).toBe(true);
    });

    it("is read back from what was kept", () => {
      const { event, kept } = signed.event(sample);
      expect(connector.read(kept)).toEqual(event);
      expect(kept).toMatchObject({ id: sample.id, receivedAt: AT });
    });

    it("becomes what the mapping promises", () => {
      const { table, facts } = connector.normalise(signed.event(sample).event);
      const rows = connector.mapping.filter((row) => row.event === type);
      const [first] = rows;
      if (table.kind === "moment") expect(rows.map((row) => row.becomes)).toContain(table.type);
      else if (first?.when === "" && first.becomes === "contact") expect(facts?.person).toMatchObject({ deleted: false });
      else expect(first?.when ?? "nothing is promised").not.toBe("");
    });

    it("is decided as the table says, where nothing else is known", () => {
      const { event } = signed.event(sample);
      const { table, facts } = connector.normalise(event);
      if (table.kind === "ignored") return expect(table.reason).toMatch(/\w/);
      const own = facts?.decide(null).moments.filter((moment) => moment.providerEventId === event.id);
      expect(own).toMatchObject([{ type: table.type, providerEventType: type, occurredAt: event.occurredAt }]);
    });

    it("keeps the rules of what a connector may tell, also after any other", () => {
      for (const [, earlier] of samples) {
        const histories = historiesOf(connector, [signed.event(earlier).event]);
        expectSound(connector, signed.event(sample).event, histories);
      }
    });
  });

  describe("samples", () => {
    it("cover every event of the mapping", () => {
      expect(Object.keys(connector.samples)).toEqual(expect.arrayContaining(connector.mapping.map((row) => row.event)));
    });

    it("show something that becomes nothing", () => {
      const tables = samples.map(([, sample]) => connector.normalise(signed.event(sample).event));
      expect(tables.some(({ table, facts }) => table.kind === "ignored" && facts === null)).toBe(true);
    });

    it("are equal for equal seeds, and have ids of their own for others", () => {
      const ids = ["a1", "b2"].flatMap((seed) => {
        expect(makers.map((make) => make({ at: AT, seed }))).toEqual(makers.map((make) => make({ at: AT, seed })));
        return makers.map((make) => make({ at: AT, seed }).id);
      });
      expect(new Set(ids).size).toBe(ids.length);
    });

    it("of one seed are about one person, and of another seed about another", () => {
      const [ours, others] = [SEED, "someone2"].map((seed) => new Set(toldBy({ seed }).flatMap(({ externalId }) => externalId ?? [])));
      expect(ours?.size).toBe(1);
      expect(ours).not.toEqual(others);
    });

    it("are about the person that is asked for, in all that they tell of one", () => {
      const person = { email: "Grace@Example.com", name: "Grace Hopper", externalId: "given_1", appId: "app_1" };
      const [unasked, told] = [toldBy({}), toldBy({ person })];
      const emails = (people: readonly Person[]) => people.flatMap((each) => each.emails.map(({ address }) => address));
      const names = (people: readonly Person[]) => people.flatMap(({ profile }) => profile.name ?? []);
      expect(new Set(emails(told))).toEqual(new Set(emails(unasked).map(() => "grace@example.com")));
      expect(new Set(names(told))).toEqual(new Set(names(unasked).map(() => "Grace Hopper")));
      expect(told.some(({ appIds }) => appIds.includes("app_1"))).toBe(connector.personKeys.app.length > 0);
      for (const { externalId } of told) expect([null, "given_1"]).toContain(externalId);
    });

    it("hold a person's attributes under the keys of custom fields alone, and their ids under those of people", () => {
      const without = (keys: readonly string[], text: string) =>
        JSON.stringify(JSON.parse(text, (key: string, value: unknown) => (keys.includes(key) ? undefined : value)));
      const personWithout = (keys: readonly string[], sample: Sample) => {
        const { kept } = signed.event(sample);
        return attempt(() => connector.normalise(connector.read({ ...kept, body: without(keys, kept.body) })).facts?.person);
      };
      expect(toldBy({}).some(({ attributes }) => Object.keys(attributes).length > 0)).toBe(connector.customFields.length > 0);
      for (const make of makers) {
        const sample = make({ at: AT, seed: SEED, person: { externalId: "given_1", appId: "app_1" } });
        expect(personWithout(connector.customFields, sample)?.attributes ?? {}).toEqual({});
        expect(personWithout(connector.personKeys.own, sample)?.externalId ?? null).toBeNull();
        expect(personWithout(connector.personKeys.app, sample)?.appIds ?? []).not.toContain("app_1");
      }
    });
  });

  describe("mapping", () => {
    it("becomes only what an Event can be", () => {
      for (const row of connector.mapping) expect([...EVENT_TYPES, "contact", null]).toContain(row.becomes);
    });

    it("has one row at most for each event that is always mapped", () => {
      const always = connector.mapping.filter((row) => row.when === "").map((row) => row.event);
      for (const event of always) expect(connector.mapping.filter((row) => row.event === event)).toHaveLength(1);
    });

    it("names for what is not sent today another event that is, and that brings the same moment", () => {
      for (const { becomes, sentInstead } of connector.mapping) {
        if (sentInstead === undefined) continue;
        const rows = connector.mapping.filter((row) => row.event === sentInstead && row.sentInstead === undefined);
        expect(rows.map((row) => row.becomes)).toContain(becomes);
      }
    });
  });

  describe("secrets", () => {
    it("are made anew from the random bytes that are given, and can be secrets", () => {
      expect(other.value).not.toBe(secret.value);
      expect(connector.secretProblem(secret.value)).toBeNull();
      expect(connector.secretProblem(connector.makeSecret(Buffer.alloc(24, 0xff)))).toBeNull();
    });

    it("begin as the connector says that they do", () => {
      const { signing } = connector.secretPrefixes;
      expect(signing.some((prefix) => secret.value.startsWith(prefix))).toBe(signing.length > 0);
    });

    it.each([
      ["nothing", ""],
      ["white space", " \n"],
      ["a secret with a space in it", `${secret.value.slice(0, 20)} ${secret.value.slice(20)}`],
      ["a secret and a line break", `${secret.value}\n`],
      ["the webhook URL", `https://example.com/api/webhooks/${provider}/demo`],
      ["a secret API key", "sk_live_4eC39HqLyjWDarjtT1zdp7dc"],
      ["a publishable key", "pk_test_Y2xlcmsuZXhhbXBsZS5jb20k"],
      ["a word", "password"],
      ...connector.secretPrefixes.signing.map((prefix) => [`${prefix} alone`, prefix] as const),
      ...connector.secretPrefixes.api.map((prefix) => [`an API key, ${prefix}…`, `${prefix}4eC39HqLyjWDarjtT1zdp7dc`] as const),
    ])("can't be %s", (_, pasted) => {
      const problem = connector.secretProblem(pasted);
      expect(problem).toMatch(/^[A-Z].*\.$/s);
      if (pasted.length > 16) expect(problem).not.toContain(pasted);
    });
  });
});
