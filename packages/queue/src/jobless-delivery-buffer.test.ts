import { afterAll, beforeAll, it, jest } from "@jest/globals";
import { connectRedis, type RedisConnection } from "./connection.ts";
import { createJoblessDeliveryBuffer, type JoblessDeliveryBuffer } from "./jobless-delivery-buffer.ts";
import { joblessDeliveryBatch } from "./jobless-delivery.ts";
import { JOBLESS_DELIVERIES_KEY } from "./keys.ts";
import { eventJob } from "../../../test/support/event-job.ts";
import { eventually } from "../../../test/support/eventually.ts";
import { freshRedis } from "../../../test/support/services.ts";

let redis: Awaited<ReturnType<typeof freshRedis>>;
let connection: RedisConnection;

beforeAll(async () => {
  redis = await freshRedis();
  connection = connectRedis(redis.url, "producer", () => undefined);
  await eventually(() => connection.status, (status) => status === "ready");
});
afterAll(async () => {
  connection.disconnect();
  await redis.stop();
});

/** More of one tenant than are told one by one. */
function flood(buffer: JoblessDeliveryBuffer, count: number): void {
  for (let i = 0; i < count; i++) {
    buffer.add({ ...eventJob(), providerEventId: null, providerEventType: null, outcome: "rejected", reason: "mismatch" });
  }
}

/** How many deliveries the entries written so far stand for. */
async function told(): Promise<number> {
  const entries = await connection.xrange(JOBLESS_DELIVERIES_KEY, "-", "+");
  const deliveries = entries.flatMap(([, [, batch]]) => joblessDeliveryBatch.parse(JSON.parse(batch ?? "")));
  return deliveries.reduce((sum, { count }) => sum + count, 0);
}

it("a flood is told at the end of its window, also when the clock is set back meanwhile", async () => {
  const { now } = Date;
  let off = 0;
  const clock = jest.spyOn(Date, "now").mockImplementation(() => now() + off);
  const buffer = createJoblessDeliveryBuffer(connection);
  try {
    flood(buffer, 150);
    await eventually(told, (count) => count === 150);
    off = -3_600_000;
    flood(buffer, 150);
    await eventually(told, (count) => count === 300);
  } finally {
    clock.mockRestore();
    await buffer.flush();
  }
});
