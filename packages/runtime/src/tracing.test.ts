import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { openCollector, type CollectedSpan, type Collector } from "../../../test/support/collector.ts";
import { createLogger, type Logger } from "./logger.ts";
import { createTracing, type Tracing } from "./tracing.ts";

let collector: Collector;
let said: string[];
let log: Logger;

beforeEach(async () => {
  collector = await openCollector();
  said = [];
  log = createLogger("test", "info", { write: (line) => void said.push(String(JSON.parse(line).msg)) });
});
afterEach(() => collector.close());

async function traced(config: Parameters<typeof createTracing>[1], work: (tracing: Tracing) => void): Promise<void> {
  const tracing = await createTracing("test", config, log);
  if (tracing === null) throw new Error("tracing is off");
  work(tracing);
  await tracing.close();
}

const toCollector = () => ({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });

function span(name: string): CollectedSpan {
  const found = collector.spans.find((each) => each.name === name);
  if (!found) throw new Error(`there is no span ${name}`);
  return found;
}

describe("tracing", () => {
  it("is off unless it is said where to send to", async () => {
    expect(await createTracing("test", {}, log)).toBeNull();
  });

  it.each([
    ["the collector", () => toCollector()],
    ["the address for traces", () => ({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces` })],
    ["both", () => ({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces` })],
  ])("sends spans where %s is given", async (_case, config) => {
    await traced(config(), (tracing) => tracing.begin("work", { attributes: { "mara.attempt": 1 } }).end());
    expect(span("work")).toMatchObject({ service: "mara-test", parentSpanId: null, attributes: { "mara.attempt": 1 }, problem: "" });
  });

  it("makes parts of spans, also of those of another process", async () => {
    await traced(toCollector(), (tracing) => {
      const here = tracing.begin("here");
      here.child("part").end();
      tracing.begin("there", { parent: here.traceparent }).end();
      here.end();
    });
    const { traceId, spanId } = span("here");
    expect([span("part"), span("there")]).toMatchObject([
      { traceId, parentSpanId: spanId },
      { traceId, parentSpanId: spanId },
    ]);
  });

  it("links spans of different traces", async () => {
    await traced(toCollector(), (tracing) => {
      const one = tracing.begin("one");
      const other = tracing.begin("other", { links: [one] });
      one.link(other);
      for (const each of [one, other]) each.end();
    });
    expect(span("one").links).toEqual([span("other").spanId]);
    expect(span("other").links).toEqual([span("one").spanId]);
    expect(span("one").traceId).not.toBe(span("other").traceId);
  });

  it("says what went wrong", async () => {
    await traced(toCollector(), (tracing) => tracing.begin("work").end("ECONNREFUSED"));
    expect(span("work").problem).toBe("ECONNREFUSED");
  });

  it.each(["", "nonsense", `00-${"0".repeat(32)}-${"0".repeat(16)}-01`, `ff-${"1".repeat(32)}-${"1".repeat(16)}-01`])(
    "begins a trace of its own where the parent is %p",
    async (parent) => {
      await traced(toCollector(), (tracing) => tracing.begin("work", { parent }).end());
      expect(span("work").parentSpanId).toBeNull();
    },
  );

  it("names nothing to another process, and sends nothing, of what is not sampled", async () => {
    await traced(toCollector(), (tracing) => {
      const unsampled = tracing.begin("work", { parent: `00-${"1".repeat(32)}-${"1".repeat(16)}-00` });
      expect(unsampled.traceparent).toBeUndefined();
      unsampled.end();
    });
    expect(collector.spans).toEqual([]);
  });

  it("says that spans can't be sent, and does not mind otherwise", async () => {
    await traced({ OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/elsewhere` }, (tracing) => tracing.begin("work").end());
    expect(said).toEqual(["deliveries are traced", "spans can't be sent"]);
  });
});
