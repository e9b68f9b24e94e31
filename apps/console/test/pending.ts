import { createIntake, type EventJob } from "@mara/queue";
import { v7 as uuid } from "uuid";
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
    const receivedAt = delivery.receivedAt ?? nextReceipt();
    const job: EventJob = {
      tenantId,
      provider: "stripe",
      deliveryId: uuid({ msecs: receivedAt }),
      eventId: `evt_${uuid()}`,
      eventType: "invoice.payment_failed",
      receivedAt,
      secretId: null,
      requestId: null,
      dedupe: true,
      replay: false,
      body: "{}",
      ...delivery,
    };
    await intake.admit(job);
    ids.push(job.deliveryId);
  }
  await intake.close();
  return ids;
}
