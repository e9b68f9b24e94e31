import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { appProcesses, type AppProcess } from "../support/app-processes.ts";
import { eventually } from "../support/eventually.ts";
import { finalState } from "../support/final-state.ts";
import { LIFE, lifeOf, type Happening } from "../support/lives.ts";
import { openPipeline, type Pipeline, type PipelineTenant } from "../support/pipeline.ts";
import { sendSigned } from "../support/provider-client.ts";
import { seededRandom } from "../support/random.ts";

const CUSTOMERS = 10;

let pipeline: Pipeline;
const processes = appProcesses();

beforeAll(async () => {
  pipeline = await openPipeline({ workers: 0 });
});
afterAll(async () => {
  await processes.stop();
  await pipeline.close();
});

it("processes that are killed in the middle of a stream, again and again, lose nothing and double nothing", async () => {
  const history = Array.from({ length: CUSTOMERS }, (_, i) => lifeOf(`customer${i}`, Date.UTC(2026, 8, 1))).flat();
  const random = seededRandom(7);
  const tenant = await pipeline.tenant();
  const [firstIngest, secondIngest, firstWorker] = await Promise.all([processes.ingest(pipeline), processes.ingest(pipeline), processes.worker(pipeline)]);
  const ingests: [AppProcess, AppProcess] = [firstIngest, secondIngest];

  const waiting = random.shuffled(history);
  /** Sends some more, and runs `meanwhile` when a part of them is answered and the others are under way. */
  const sendMore = async (meanwhile: () => Promise<void>) => {
    const some = waiting.splice(0, Math.ceil(history.length / 3));
    const [early, late] = [some.slice(0, some.length / 2), some.slice(some.length / 2)];
    const sending = (happenings: readonly Happening[]) => Promise.all(happenings.map((happening) => sendUntilTaken(tenant, happening, () => random.pick(ingests).url)));
    await sending(early);
    await Promise.all([sending(late), meanwhile()]);
  };

  await sendMore(async () => {
    await ingests[0].end("SIGKILL");
    ingests[0] = await processes.ingest(pipeline);
  });
  await sendMore(async () => {
    await Promise.all([ingests[1].end("SIGKILL"), firstWorker.end("SIGKILL")]);
    const [ingest] = await Promise.all([processes.ingest(pipeline), processes.worker(pipeline)]);
    ingests[1] = ingest;
  });
  await sendMore(async () => {
    expect(await ingests[0].end("SIGTERM")).toBe(0);
    ingests[0] = ingests[1];
  });
  const { id } = tenant;
  const settled = async () => (await pipeline.api.deliveries(id)).filter(({ outcome }) => outcome === "processed" || outcome === "ignored");
  const done = await eventually(settled, (seen) => seen.length >= history.length);

  expect(done.map((delivery) => delivery.providerEventId).sort()).toEqual(history.map((happening) => happening.id).sort());
  expect(await finalState(pipeline.api, id)).toEqual(await undisturbed(history));
  expect((await pipeline.api.contacts(id)).length).toBe(CUSTOMERS);
  expect(history.length).toBe(CUSTOMERS * LIFE.length);
});

/** As a provider does it: what got no 200 is sent again. */
async function sendUntilTaken({ id, secrets }: PipelineTenant, { provider, ...event }: Happening, url: () => string): Promise<void> {
  await eventually(
    () => sendSigned(url(), id, provider, event, secrets[provider]).then(({ status }) => status, () => null),
    (status) => status === 200,
  );
}

async function undisturbed(history: readonly Happening[]) {
  const calm = await pipeline.tenant();
  await pipeline.startWorker();
  for (const { provider, ...event } of history) await calm.send(provider, event);
  await calm.settled();
  return finalState(pipeline.api, calm.id);
}
