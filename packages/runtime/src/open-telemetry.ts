import {
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Context,
  type Span as OtelSpan,
  type SpanContext,
  type Tracer,
} from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, NodeTracerProvider, type SpanExporter } from "@opentelemetry/sdk-trace-node";
import { setTimeout as pause } from "node:timers/promises";
import type { Logger } from "./logger.ts";
import type { Span, SpanOptions, Tracing } from "./tracing.ts";

const KINDS = { server: SpanKind.SERVER, consumer: SpanKind.CONSUMER } as const;

/** A whole batch of deliveries is linked to its transaction; the SDK would cut its links at 128. */
const MOST_LINKS = 500;
/** A collector that hangs must not keep a process from stopping. */
const CLOSING_MS = 2_000;

/**
 * Sends spans to `url`. Nothing is registered globally and no context is tracked by itself: spans are handed from one
 * step to the next, so what is not followed costs nothing.
 */
export function openTelemetry(service: string, url: string, log: Logger): Tracing {
  const provider = new NodeTracerProvider({
    // What the environment says of the service stands before what we say.
    resource: resourceFromAttributes({ "service.name": service }).merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(tellingOfTrouble(new OTLPTraceExporter({ url }), log))],
    spanLimits: { linkCountLimit: MOST_LINKS },
  });
  const tracer = provider.getTracer("mara");
  return {
    begin: (name, options = {}) => begin(tracer, name, options, contextOf(options.parent)),
    close: () => Promise.race([provider.shutdown().catch(() => undefined), pause(CLOSING_MS, undefined, { ref: false })]),
  };
}

/** Spans that can't be sent are dropped; the log hears once of it, and once of its end. */
function tellingOfTrouble(exporter: SpanExporter, log: Logger): SpanExporter {
  let inTrouble = false;
  return {
    export: (spans, answer) => {
      exporter.export(spans, (result) => {
        const failed = result.error !== undefined;
        if (failed !== inTrouble) {
          if (failed) log.warn({ code: result.error?.name }, "spans can't be sent");
          else log.info("spans are sent again");
        }
        inTrouble = failed;
        answer(result);
      });
    },
    shutdown: () => exporter.shutdown(),
  };
}

/** The SDK's own spans, by ours: to link one to another. */
const known = new WeakMap<Span, OtelSpan>();

function begin(tracer: Tracer, name: string, { kind, attributes, links = [] }: SpanOptions, context: Context): Span {
  const span = tracer.startSpan(
    name,
    {
      kind: kind === undefined ? SpanKind.INTERNAL : KINDS[kind],
      ...(attributes && { attributes }),
      links: links.flatMap(linkTo),
    },
    context,
  );
  const followed: Span = {
    get traceparent() {
      return traceparentOf(span.spanContext());
    },
    child: (part) => begin(tracer, part, {}, trace.setSpan(ROOT_CONTEXT, span)),
    note: (more) => void span.setAttributes(more),
    link: (other) => void span.addLinks(linkTo(other)),
    end: (problem = null) => {
      if (problem !== null) span.setStatus({ code: SpanStatusCode.ERROR, message: problem });
      span.end();
    },
  };
  known.set(followed, span);
  return followed;
}

function linkTo(other: Span): { context: SpanContext }[] {
  const span = known.get(other);
  return span ? [{ context: span.spanContext() }] : [];
}

function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string | undefined {
  if ((traceFlags & TraceFlags.SAMPLED) === 0) return undefined;
  return `00-${traceId}-${spanId}-01`;
}

/** Source: W3C Trace Context, version 00. */
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

function contextOf(traceparent: string | undefined): Context {
  const [, traceId = "", spanId = "", flags = "0"] = TRACEPARENT.exec(traceparent ?? "") ?? [];
  const parent = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
  return isSpanContextValid(parent) ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
}
