import { Router } from "express";
import type { Registry } from "./metrics.ts";

export interface ProbeOptions {
  /** One check a dependency, by the name that `/readyz` answers where it fails. A check fails when it throws or takes over a second. */
  readonly ready: Readonly<Record<string, () => Promise<unknown>>>;
  /** Its figures are shown under `/metrics`; without one there is no such path. */
  readonly registry?: Pick<Registry, "contentType" | "metrics">;
  /** From when on `/readyz` says that the process is about to stop, whatever the checks say. */
  readonly draining?: AbortSignal | undefined;
}

const CHECK_MS = 1_000;

/** `/healthz`, `/readyz` and `/metrics`. */
export function probes({ ready, registry, draining }: ProbeOptions): Router {
  const checks = Object.entries(ready).map(([name, check]) => ({ name, ask: asOne(() => holds(check)) }));
  const router = Router();
  router.get("/healthz", (_request, response) => {
    response.json({ status: "ok" });
  });
  router.get("/readyz", async (_request, response) => {
    response.set("cache-control", "no-store");
    if (draining?.aborted) {
      response.status(503).json({ status: "stopping" });
      return;
    }
    const failing = await failingOf(checks);
    if (failing.length === 0) response.json({ status: "ready" });
    else response.status(503).json({ status: "unavailable", failing: failing.join(", ") });
  });
  if (registry !== undefined) {
    router.get("/metrics", async (_request, response) => {
      response.set("content-type", registry.contentType).send(await registry.metrics());
    });
  }
  return router;
}

async function failingOf(checks: readonly { readonly name: string; ask(): Promise<boolean> }[]): Promise<string[]> {
  const answers = await Promise.all(checks.map(async ({ name, ask }) => ((await ask()) ? [] : [name])));
  return answers.flat();
}

/** Whoever asks meanwhile gets the same answer: a crowd of strangers must not keep a dependency busy with questions. */
function asOne(ask: () => Promise<boolean>): () => Promise<boolean> {
  let asked: Promise<boolean> | null = null;
  return () => (asked ??= ask().finally(() => (asked = null)));
}

function holds(check: () => Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, CHECK_MS, false);
    check()
      .then(() => resolve(true), () => resolve(false))
      .finally(() => clearTimeout(timer));
  });
}
