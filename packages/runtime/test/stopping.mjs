import { createDrain, createLogger, untilSignal } from "@mara/runtime";

// A process that stops as argv says: `quick`, `failing`, `hanging`, or `draining` for a minute before it does.
const ends = {
  quick: async () => {},
  draining: async () => {},
  failing: async () => {
    throw new Error("it would not");
  },
  hanging: () => new Promise(() => setInterval(() => {}, 1_000)),
};

const how = process.argv[2] ?? "";
const end = ends[how];
if (end === undefined) throw new Error("say how to stop");
const drain = createDrain(how === "draining" ? 60 : 0);
drain.signal.addEventListener("abort", () => void process.stdout.write("draining\n"));
untilSignal({
  log: createLogger("stopping", "info"),
  drain,
  stop: { first: end, second: async () => process.stdout.write("second stopped\n") },
  graceMs: Number(process.argv[3] ?? 60_000),
});
setInterval(() => {}, 1_000);
process.stdout.write("running\n");
