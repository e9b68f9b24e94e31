import { json } from "node:stream/consumers";
import { z } from "zod";
import { listen } from "@mara/runtime";

/** A span as a collector of OpenTelemetry gets it over OTLP/HTTP. */
export interface CollectedSpan {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Null for the root of a trace. */
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** The ids of the spans that it is linked to. */
  readonly links: readonly string[];
  /** Empty where nothing went wrong. */
  readonly problem: string;
}

export interface Collector {
  /** To be given to processes as `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  /** All that it was sent, as text. */
  readonly received: readonly string[];
  close(): Promise<void>;
}

const attributes = z
  .array(z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) }))
  .transform((all) => Object.fromEntries(all.map(({ key, value }) => [key, Object.values(value)[0]])));

const sent = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              name: z.string(),
              attributes,
              links: z.array(z.object({ spanId: z.string() })).default([]),
              status: z.object({ message: z.string().default("") }),
            }),
          ),
        }),
      ),
    }),
  ),
});

/** Takes spans on 127.0.0.1, as a collector does. */
export async function openCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const received: string[] = [];
  const server = await listen(
    async (request, response) => {
      const body: unknown = await json(request);
      received.push(JSON.stringify(body));
      spans.push(...spansIn(body));
      response.writeHead(request.url === "/v1/traces" ? 200 : 404, { "content-type": "application/json" }).end("{}");
    },
    { host: "127.0.0.1", port: 0 },
  );
  return { url: server.url, spans, received, close: () => server.close() };
}

function spansIn(body: unknown): CollectedSpan[] {
  return sent.parse(body).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap((scope) =>
      scope.spans.map(({ parentSpanId, links, status, ...span }) => ({
        ...span,
        service: String(resource.attributes["service.name"]),
        parentSpanId: parentSpanId ?? null,
        links: links.map(({ spanId }) => spanId),
        problem: status.message,
      })),
    ),
  );
}
