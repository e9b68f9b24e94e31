import { jsonErrors, notFound, probes, type Logger, type ProbeOptions, type Tracing } from "@mara/runtime";
import express, { type Express, type RequestHandler } from "express";
import { deliveryIdAt } from "./delivery-id.ts";
import { follow } from "./follow.ts";
import type { IngestMetrics } from "./metrics.ts";
import type { BodyReader } from "./read-body.ts";
import type { Receive } from "./receive.ts";
import { respond } from "./respond.ts";
import { tellOutcome } from "./tell-outcome.ts";

export interface AppOptions {
  readonly receive: Receive;
  readonly readBody: BodyReader;
  readonly metrics: IngestMetrics;
  readonly probes: ProbeOptions;
  /** Null where nobody follows deliveries. */
  readonly tracing: Tracing | null;
  readonly log: Logger;
}

/** `POST /api/webhooks/{provider}/{tenantId}`, and the probes. Whatever is asked, the answer is JSON. */
export function createApp(options: AppOptions): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.set("query parser", false);
  app.use(webhooks(options));
  app.use(probes(options.probes));
  app.use(notFound());
  app.use(jsonErrors(options.log));
  return app;
}

/** Not a route with parameters: Express would decode them, and there is nothing to decode in a name that can exist. */
function webhooks({ receive, readBody, metrics, tracing, log }: AppOptions): RequestHandler {
  return async (request, response, next) => {
    const path = PATH.exec(request.url);
    if (!path) {
      next();
      return;
    }
    const [, provider = "", tenantId = ""] = path;
    const receivedAt = Date.now();
    const startedAt = performance.now();
    const id = deliveryIdAt(receivedAt);
    const followed = tracing && follow(tracing, { id, provider, tenantId });
    const outcome =
      request.method === "POST"
        ? await receive({ id, receivedAt, provider, tenantId, headers: request.headers, followed, readBody: () => readBody(request, response) })
        : ({ kind: "method_not_allowed" } as const);
    metrics.ended(provider, outcome, (performance.now() - startedAt) / 1_000);
    followed?.ended(outcome);
    tellOutcome(log, { id, provider, tenantId }, outcome);
    if (outcome.kind === "gone") response.destroy();
    else respond(request, response, id, outcome);
  };
}

/** HTTP lets a sender write the whole URL, as some proxies do. */
const PATH = /^(?:https?:\/\/[^/?]*)?\/api\/webhooks\/([^/?]+)\/([^/?]+)\/?(?:\?|$)/;
