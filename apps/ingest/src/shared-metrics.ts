import cluster, { type Worker } from "node:cluster";
import { AggregatorRegistry, type Registry } from "prom-client";
import { z } from "zod";

// Whoever asks for metrics reaches one of the processes that share the port, and wants the figures of all. Only the process
// that started them can gather those.

const question = z.object({ mara: z.literal("metrics?"), number: z.int() });
const answer = z.object({ mara: z.literal("metrics"), number: z.int(), text: z.string() });
const call = z.object({ mara: z.literal("figures?") });
const report = z.object({ mara: z.literal("figures"), figures: z.array(z.looseObject({ type: z.string() })) });

type Figures = z.infer<typeof report>["figures"];

/** How long the first process waits for another one's figures. One that is stuck counts with those that it told last. */
const REPORT_MS = 2_000;

/** In the first process: answers the others with the figures of all. */
export function gatherMetrics(): void {
  const told = new Map<number, Figures>();
  /** What those that ended had counted: a sum that falls would pass for one that began anew, and be counted once more as a whole. */
  let ended: Promise<Figures> = Promise.resolve([]);
  let gathering: Promise<string> | null = null;

  cluster.on("exit", ({ id }) => {
    const counted = (told.get(id) ?? []).filter(({ type }) => type === "counter" || type === "histogram");
    told.delete(id);
    ended = ended.then((before) => together([before, counted]));
  });

  function hearFrom(worker: Worker): Promise<void> {
    return new Promise((resolve) => {
      const hear = (message: unknown) => {
        const heard = report.safeParse(message);
        if (!heard.success) return;
        told.set(worker.id, heard.data.figures);
        finish();
      };
      const finish = () => {
        clearTimeout(timer);
        worker.off("message", hear).off("exit", finish);
        resolve();
      };
      const timer = setTimeout(finish, REPORT_MS);
      worker.on("message", hear).once("exit", finish);
      worker.send({ mara: "figures?" } satisfies z.infer<typeof call>);
    });
  }

  async function gather(): Promise<string> {
    // One that ends is still among the others for a moment, and can't be asked any more.
    const others = Object.values(cluster.workers ?? {}).flatMap((worker) => (worker?.isConnected() && !worker.isDead() ? [worker] : []));
    await Promise.all(others.map(hearFrom));
    const [past, present] = [ended, [...told.values()]];
    return AggregatorRegistry.aggregate([await past, ...present]).metrics();
  }

  cluster.on("message", (worker, message: unknown) => {
    const asked = question.safeParse(message);
    if (!asked.success) return;
    gathering ??= gather().finally(() => (gathering = null));
    gathering.then(
      (text) => {
        // It may have ended while the others were asked.
        if (worker.isConnected()) worker.send({ mara: "metrics", number: asked.data.number, text } satisfies z.infer<typeof answer>);
      },
      // Unanswered: the one who asked gives up by itself.
      () => undefined,
    );
  });
}

async function together(figures: readonly Figures[]): Promise<Figures> {
  return report.shape.figures.parse(await AggregatorRegistry.aggregate([...figures]).getMetricsAsJSON());
}

const PATIENCE_MS = 5_000;
let asked = 0;

/** In the others: lends the figures of this process, and answers how to get those of all. */
export function shareMetrics(registry: Registry): () => Promise<string> {
  process.on("message", (message: unknown) => {
    if (!call.safeParse(message).success) return;
    registry.getMetricsAsJSON().then(
      (figures) => process.send?.({ mara: "figures", figures }),
      // The first process counts with those from before.
      () => undefined,
    );
  });
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
