import cluster from "node:cluster";
import { AggregatorRegistry, type Registry } from "prom-client";
import { z } from "zod";

// Whoever asks for metrics reaches one of the processes that share the port, and wants the figures of all. Only the process
// that started them can gather those.

const question = z.object({ mara: z.literal("metrics?"), number: z.int() });
const answer = z.object({ mara: z.literal("metrics"), number: z.int(), text: z.string() });

/** In the first process: answers the others with the figures of all. */
export function gatherMetrics(): void {
  const all = new AggregatorRegistry();
  cluster.on("message", (worker, message: unknown) => {
    const asked = question.safeParse(message);
    if (!asked.success) return;
    all.clusterMetrics().then(
      (text) => {
        // It may have ended while the others were asked.
        if (worker.isConnected()) worker.send({ mara: "metrics", number: asked.data.number, text } satisfies z.infer<typeof answer>);
      },
      // Unanswered: the one who asked gives up by itself.
      () => undefined,
    );
  });
}

const PATIENCE_MS = 5_000;
let asked = 0;

/** In the others: lends the figures of this process, and answers how to get those of all. */
export function shareMetrics(registry: Registry): () => Promise<string> {
  AggregatorRegistry.setRegistries(registry);
  // Makes this process listen for the question; only the first one gathers.
  new AggregatorRegistry();
  return () =>
    new Promise((resolve, reject) => {
      const number = asked++;
      const hear = (message: unknown) => {
        const heard = answer.safeParse(message);
        if (heard.success && heard.data.number === number) finish(() => resolve(heard.data.text));
      };
      const timer = setTimeout(() => finish(() => reject(new Error("the metrics were not gathered in time"))), PATIENCE_MS);
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        process.off("message", hear);
        settle();
      };
      process.on("message", hear);
      process.send?.({ mara: "metrics?", number } satisfies z.infer<typeof question>);
    });
}
