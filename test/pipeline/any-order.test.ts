import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { finalState, type FinalState } from "../support/final-state.ts";
import { lifeOf } from "../support/lives.ts";
import { openPipeline, type Pipeline, type PipelineTenant } from "../support/pipeline.ts";
import { seededRandom } from "../support/random.ts";

const HISTORY = ["ada", "grace", "katherine"].flatMap((name) => lifeOf(name, Date.UTC(2026, 8, 1)));

let pipeline: Pipeline;
let inOrder: FinalState;

beforeAll(async () => {
  pipeline = await openPipeline({ ingests: 2, workers: 2 });
  const tenant = await pipeline.tenant();
  for (const { provider, ...event } of HISTORY) await tenant.send(provider, event);
  await tenant.settled();
  inOrder = await finalState(pipeline.api, tenant.id);
});
afterAll(() => pipeline.close());

/** Sends the history in an order of its own, with redeliveries in it, as several senders at once, over both instances. */
async function sendShuffled(tenant: PipelineTenant, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const again = HISTORY.filter(() => random.next() < 0.3);
  const waiting = random.shuffled([...HISTORY, ...again]);
  const sender = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { provider, ...event } = next;
      await tenant.send(provider, event, {}, random.whole(0, 1));
    }
  };
  await Promise.all(Array.from({ length: random.whole(1, 12) }, sender));
  await tenant.settled();
}

describe("the history of three customers of three providers", () => {
  it("makes three contacts, each known to all three", () => {
    expect(inOrder.contacts).toHaveLength(3);
    for (const contact of inOrder.contacts) expect(contact).toMatchObject({ deactivatedAt: expect.any(String), identities: [expect.stringMatching("clerk"), expect.stringMatching("polar"), expect.stringMatching("stripe")] });
  });

  it.each([11, 22, 33, 44])("ends in the same state when it arrives shuffled, repeated and at once (seed %i)", async (seed) => {
    const tenant = await pipeline.tenant();
    await sendShuffled(tenant, seed);
    expect(await finalState(pipeline.api, tenant.id)).toEqual(inOrder);
  });
});
