import { createIntake, type EventJob } from "@mara/queue";
import { eventJob } from "../../../test/support/event-job.ts";
import { nextReceipt } from "./clock.ts";
import type { OpenConsole } from "./open-console.ts";

/** Puts deliveries on the queue as ingest does, one after the other; nobody works them off. Answers their ids. */
export async function enqueue(
  console: OpenConsole,
  tenantId: string,
  deliveries: readonly Partial<EventJob>[],
): Promise<string[]> {
  const intake = createIntake(console.redis.connection, { shards: 1 });
  const ids: string[] = [];
  for (const delivery of deliveries) {
    const job = eventJob({ tenantId, ...delivery, receivedAt: delivery.receivedAt ?? nextReceipt() });
    await intake.admit(job);
    ids.push(job.deliveryId);
  }
  await intake.close();
  return ids;
}
