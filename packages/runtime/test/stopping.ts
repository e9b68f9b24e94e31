import { createLogger, untilSignal } from "@mara/runtime";

// A process that stops as argv says: `quick`, `failing` or `hanging`.
const ends: Record<string, () => Promise<unknown>> = {
  quick: async () => {},
  failing: async () => {
    throw new Error("it would not");
  },
  hanging: () => new Promise(() => setInterval(() => {}, 1_000)),
};

const end = ends[process.argv[2] ?? ""];
if (end === undefined) throw new Error("say how to stop");
untilSignal({
  log: createLogger("stopping", "info"),
  stop: { first: end, second: async () => process.stdout.write("second stopped\n") },
  graceMs: Number(process.argv[3] ?? 60_000),
});
setInterval(() => {}, 1_000);
process.stdout.write("running\n");
