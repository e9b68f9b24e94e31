import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { EventJob } from "@mara/queue";
import { openStore, type Store } from "@mara/store";
import fc from "fast-check";
import { LIFE } from "../../../../test/support/lives.ts";
import { again, polarRecovery, sampleJob, T0 } from "../../test/deliveries.ts";
import { keyring, newTenant, rowsOf, testLog, testStore } from "../../test/store.ts";
import { createPatience } from "./patience.ts";
import { createRecorder, type Recorder } from "./recorder.ts";

const DAY = 86_400_000;

let database: Awaited<ReturnType<typeof testStore>>;
let store: Store;
let other: Store;
let recorders: readonly [Recorder, Recorder];

beforeAll(async () => {
  database = await testStore();
  store = database.store;
  other = openStore({ databaseUrl: database.url, keyring });
  const { log } = testLog();
  recorders = [createRecorder({ store, log, patience: createPatience(log) }), createRecorder({ store: other, log, patience: createPatience(log) })];
});
afterAll(async () => {
  await other.close();
  await database.close();
});

/** The lives of two customers. `kept` says which of the first one's events happen at all. */
function livesOf(kept: readonly boolean[]): EventJob[] {
  return ["ada", "bob"].flatMap((name, customer) => {
    const person = { email: `${name}@x.io`, name, externalId: `user_${name}`, appId: `user_${name}` };
    return LIFE.flatMap(([provider, type], i) => {
      if (customer === 0 && kept[i] === false) return [];
      const at = T0 + i * DAY + customer * 60_000;
      const { externalId: _, ...billed } = person;
      const options = { seed: name, at, person: provider === "clerk" ? person : billed };
      return [type === "subscription.active" ? polarRecovery("", options) : sampleJob("", provider, type, options)];
    });
  });
}

/** Records a history for a tenant of its own, `size` deliveries at once, in two processes. Answers what there is in the end. */
async function stateAfter(history: readonly EventJob[], size: number) {
  const tenantId = await newTenant(store);
  for (let i = 0; i < history.length; i += size) {
    const handed = history.slice(i, i + size).map((job, j) => ({ ...job, tenantId, receivedAt: T0 + i + j }));
    await Promise.all(handed.map((job, j) => recorders[(i + j) % 2 === 0 ? 0 : 1].record(job)));
  }
  return {
    contacts: await rowsOf(store, tenantId, `
      SELECT email, name, username, avatar_url, attributes, deactivated_at, array(
               SELECT i.provider || ':' || i.external_id FROM identities i WHERE i.contact_id = c.id ORDER BY 1) AS known
        FROM contacts c WHERE tenant_id = $1 ORDER BY known`),
    moments: await rowsOf(store, tenantId, `
      SELECT provider_event_id, type, occurred_at, subject, data, email
        FROM events e LEFT JOIN contacts c ON c.id = e.contact_id WHERE e.tenant_id = $1 ORDER BY 1, 2`),
    firsts: await rowsOf(store, tenantId, `
      SELECT type, subject, count(*) FROM events WHERE tenant_id = $1 AND repeat_of IS NULL GROUP BY 1, 2 ORDER BY 1, 2`),
    strays: await rowsOf(store, tenantId, `
      SELECT e.id FROM events e WHERE tenant_id = $1 AND repeat_of IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM events f WHERE f.tenant_id = $1 AND f.id = e.repeat_of AND f.repeat_of IS NULL AND f.seq < e.seq)`),
    counts: await rowsOf(store, tenantId, `
      SELECT provider, sum(count) FROM delivery_counts WHERE tenant_id = $1 AND outcome = 'processed' GROUP BY 1 ORDER BY 1`),
    contactCounts: await rowsOf(store, tenantId, `SELECT provider, contacts FROM connector_health WHERE tenant_id = $1 ORDER BY 1`),
  };
}

const arrivals = fc
  .array(fc.boolean(), { minLength: LIFE.length, maxLength: LIFE.length })
  .chain((kept) => {
    const history = livesOf(kept);
    return fc.tuple(
      fc.constant(history),
      fc.shuffledSubarray(history, { minLength: history.length, maxLength: history.length }),
      fc.subarray(history),
      fc.integer({ min: 1, max: 20 }),
    );
  });

describe("a history that arrives shuffled, repeated and at once", () => {
  it("ends in the state that it ends in when it arrives in order", async () => {
    await fc.assert(
      fc.asyncProperty(arrivals, async ([history, shuffled, repeated, size]) => {
        const late = [...shuffled, ...repeated.map((job) => again(job))];
        const expected = await stateAfter(history, 1);
        expect(await stateAfter(late, size)).toEqual(expected);
        expect(expected.strays).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });
});
