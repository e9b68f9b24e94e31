import { Redis } from "ioredis";
import { freePort } from "../launch/services/free-port.ts";
import { untilAnswers, type Bed, type RunningProgram } from "./measure/bed.ts";
import { fire, MOST_PER_SECOND, type Shot } from "./measure/load.ts";
import { cpuMs, residentBytes } from "./measure/process.ts";
import { alternate, type Figure } from "./measure/rounds.ts";
import { mb, ms, table } from "./measure/table.ts";
import { shotsOf, traffic } from "./measure/traffic.ts";
import type { Part } from "./part.ts";

interface IngestFigures {
  /** Answers a second of Express that reads the body and answers 200. */
  readonly ceiling: Figure;
  /** The least that takes the same deliveries with the same libraries, in one process: what the ratio would be with nothing else done. */
  readonly plain: Figure;
  /** Mapped deliveries a second, each on disk before it is acknowledged. */
  readonly mapped: Figure;
  /** The ceiling again, with what the mapping tables say nothing of: its bodies are half as large. */
  readonly ceilingUnmapped: Figure;
  readonly unmapped: Figure;
  /** CPU milliseconds of all ingest processes for a delivery. */
  readonly cpuPerMapped: number;
  readonly cpuPerUnmapped: number;
  readonly resident: { readonly before: number; readonly after: number };
}

export const ingest: Part = {
  title: "Ingest: acknowledged webhooks, against bare Express that reads the raw body and answers 200",
  fires: true,
  measure: async ({ bed, short, alone }) => {
    const figures = await benchIngest(bed, short ? { seconds: 2, rounds: 1 } : { seconds: 5, rounds: 5 });
    const { ceiling, plain, mapped, ceilingUnmapped, unmapped, cpuPerMapped, cpuPerUnmapped, resident } = figures;
    alone.set("ingest", mapped.median);
    return {
      ratios: {
        mapped: mapped.median / ceiling.median,
        unmapped: unmapped.median / ceilingUnmapped.median,
        plain: plain.median / ceiling.median,
      },
      figures,
      said: [
        ...table([["bare Express, mapped", ceiling], ["verify, SET NX, queue.add", plain], ["ingest, mapped, on disk", mapped]]),
        ...table([["bare Express, unmapped", ceilingUnmapped], ["ingest, unmapped", unmapped]]),
        `CPU time: ${ms(cpuPerMapped)} a mapped webhook, ${ms(cpuPerUnmapped)} an unmapped one. Resident: ${mb(resident.before)} before, ${mb(resident.after)} after.`,
      ],
    };
  },
};

async function benchIngest(bed: Bed, options: { seconds: number; rounds: number }): Promise<IngestFigures> {
  const redis = new Redis(bed.redis.url);
  // The bed goes down before this connection where a round fails: that must not hide why.
  redis.on("error", () => undefined);
  const bare = bed.program("bench/ceilings/bare-express.ts", { PORT: String(await freePort()) });
  await untilAnswers(`http://127.0.0.1:${bare.port}/`);
  const plainIngest = bed.program("bench/plain/ingest.ts", {
    PORT: String(await freePort()),
    STRIPE_SECRET: bed.secrets.stripe,
    POLAR_SECRET: bed.secrets.polar,
    CLERK_SECRET: bed.secrets.clerk,
  });
  await untilAnswers(`http://127.0.0.1:${plainIngest.port}/`);
  const ingest = await bed.app("ingest");
  const before = residentBytes(ingest.pid);
  const cpu = { mapped: 0, unmapped: 0 };
  let round = 0;
  let jobs = 0;

  const shots = (kind: "mapped" | "unmapped"): Shot[] =>
    shotsOf(bed, traffic(bed, MOST_PER_SECOND * options.seconds, kind, `r${round++}`));

  async function volley(program: RunningProgram, kind: "mapped" | "unmapped"): Promise<number> {
    const prepared = shots(kind);
    const cpuBefore = cpuMs(program.pid);
    const fired = await fire(program.port, prepared, { seconds: options.seconds });
    if (program === ingest) cpu[kind] = (cpuMs(program.pid) - cpuBefore) / fired.answered;
    // What waits is left there: emptied before each round, Redis would write its file anew twice in every one.
    if (program !== bare && kind === "mapped") await expectJobs(redis, (jobs += fired.answered));
    return fired.perSecond;
  }

  const [ceiling, plain, mapped, ceilingUnmapped, unmapped] = await alternate(
    [
      { name: "bare Express, mapped", run: () => volley(bare, "mapped") },
      { name: "verify, SET NX, queue.add", run: () => volley(plainIngest, "mapped") },
      { name: "ingest, mapped", run: () => volley(ingest, "mapped") },
      { name: "bare Express, unmapped", run: () => volley(bare, "unmapped") },
      { name: "ingest, unmapped", run: () => volley(ingest, "unmapped") },
    ],
    options.rounds,
  );
  const after = residentBytes(ingest.pid);
  await Promise.all([bare.stop(), plainIngest.stop(), ingest.stop()]);
  redis.disconnect();
  if (!ceiling || !plain || !mapped || !ceilingUnmapped || !unmapped) throw new Error("a contender did not run");
  return {
    ceiling,
    plain,
    mapped,
    ceilingUnmapped,
    unmapped,
    cpuPerMapped: cpu.mapped,
    cpuPerUnmapped: cpu.unmapped,
    resident: { before, after },
  };
}

/** Every acknowledgement stands for a job: otherwise the figure would be worth nothing. */
async function expectJobs(redis: Redis, least: number): Promise<void> {
  let jobs = 0;
  for (const key of await redis.keys("*:wait")) jobs += await redis.llen(key);
  for (const key of await redis.keys("*:prioritized")) jobs += await redis.zcard(key);
  if (jobs < least) throw new Error(`${least} deliveries were acknowledged but only ${jobs} jobs wait`);
}
