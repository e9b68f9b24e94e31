import { createBullBoard } from "@bull-board/api";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import type { AppViewRoute } from "@bull-board/api/typings/app";
import { ExpressAdapter } from "@bull-board/express";
import type { Queue } from "bullmq";
import type { Express } from "express";
import { asset } from "../assets.ts";

/**
 * The BullMQ dashboard over every queue, to be mounted at `path`, which it writes into its page. Whoever mounts it guards it.
 * It only shows: emptying a queue or editing a job here would lose deliveries that were acknowledged. What failed is
 * processed again by replaying its delivery.
 */
export function queueBoard(queues: readonly Queue[], path: string): Express {
  const serverAdapter = new OwnFilesAdapter();
  serverAdapter.setBasePath(path);
  createBullBoard({
    queues: queues.map(asShown),
    serverAdapter,
    options: {
      uiConfig: {
        boardTitle: "Mara queues",
        boardLogo: { path: asset("favicon.svg"), width: 22, height: 22 },
        favIcon: { default: asset("favicon.svg"), alternative: asset("favicon.svg") },
        hideDocsLink: true,
        miscLinks: [{ text: "Console", url: "/" }],
      },
    },
  });
  const board: Express = serverAdapter.getRouter();
  return board.disable("x-powered-by");
}

/** Serves the dashboard's page without the typeface that it would ask a stranger for. */
class OwnFilesAdapter extends ExpressAdapter {
  override setEntryRoute({ method, route, handler }: AppViewRoute): this {
    this.app[method](route, (_request, response, next) => {
      const { name, params } = handler({ basePath: this.basePath, uiConfig: this.uiConfig });
      response.render(name, params, (error: Error | null, html: string) => {
        if (error) next(error);
        else response.send(html.replaceAll(/<link[^>]*"https:[^>]*>/g, ""));
      });
    });
    return this;
  }
}

/** Bodies are up to a megabyte each and full of people: the board says how large they are. */
function asShown(queue: Queue): BullMQAdapter {
  const adapter = new BullMQAdapter(queue, { readOnlyMode: true });
  adapter.setFormatter("data", (data: unknown) => {
    if (typeof data !== "object" || data === null || !("body" in data) || typeof data.body !== "string") return data;
    return { ...data, body: `${Buffer.byteLength(data.body)} bytes` };
  });
  return adapter;
}
