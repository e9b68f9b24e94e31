import type { Logger } from "./logger.ts";

/** Names and figures. Never a body, a header, a secret or anything of a person. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** A stretch of work that is followed. */
export interface Span {
  /** Names it for another process, as W3C Trace Context writes `traceparent`; undefined where it is not among the sampled. */
  readonly traceparent: string | undefined;
  /** Begins a part of it. */
  child(name: string): Span;
  note(attributes: SpanAttributes): void;
  /** Says that another span has to do with this one. */
  link(other: Span): void;
  /** @param problem the name or code of what went wrong, where something did. */
  end(problem?: string | null): void;
}

export interface SpanOptions {
  /** `server`: somebody outside waits for it. `consumer`: it was waiting in a queue. Default: neither. */
  readonly kind?: "server" | "consumer";
  /** The `traceparent` of the span that it is a part of. One that is none counts as absent. */
  readonly parent?: string | undefined;
  readonly attributes?: SpanAttributes;
  /** Spans of other traces that it has to do with. */
  readonly links?: readonly Span[];
}

/** Follows work from process to process. */
export interface Tracing {
  /** Begins a span: of a trace of its own, or a part of its parent. */
  begin(name: string, options?: SpanOptions): Span;
  /** Sends what was not sent yet, or gives it up after a moment. */
  close(): Promise<void>;
}

export interface TracingConfig {
  readonly OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined;
  readonly OTEL_EXPORTER_OTLP_TRACES_ENDPOINT?: string | undefined;
}

/**
 * OpenTelemetry over OTLP/HTTP, as the service `mara-{name}`; null unless one of the variables says where to send to.
 * OpenTelemetry's other variables (sampling, headers, resource attributes, …) are read by its SDK, which is loaded only here.
 */
export async function createTracing(name: string, config: TracingConfig, log: Logger): Promise<Tracing | null> {
  const url = endpointOf(config);
  if (url === null) return null;
  const { openTelemetry } = await import("./open-telemetry.ts");
  log.info("deliveries are traced");
  return openTelemetry(`mara-${name}`, url, log);
}

/** The one for traces is used as it is, the common one with the path that OTLP has for them. */
function endpointOf({ OTEL_EXPORTER_OTLP_ENDPOINT: common, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own }: TracingConfig): string | null {
  if (own !== undefined) return own;
  return common === undefined ? null : `${common}/v1/traces`;
}
