import { listen } from "@mara/runtime";
import { Agent, request, type IncomingMessage, type ServerResponse } from "node:http";
import { isReady } from "./ready.ts";

/** What stands in front of several processes of one app: sends each request to the next one that says that it is ready. */
export interface Balancer {
  /** Without a slash at its end. */
  readonly url: string;
  /** Requests that the process they were sent to refused or broke off, or that there was nobody for. None is sent again. */
  readonly broken: readonly string[];
  close(): Promise<void>;
}

/** How often each process is asked whether it is ready. */
const LOOK_MS = 100;

/** @param targets URLs without a slash at their end. Resolves once all of them were asked. */
export async function openBalancer(targets: readonly string[]): Promise<Balancer> {
  // As balancers do, it keeps its connections to the processes open.
  const agent = new Agent({ keepAlive: true });
  const broken: string[] = [];
  const ready = new Set<string>();
  let turn = 0;

  async function look(): Promise<void> {
    await Promise.all(
      targets.map(async (target) => {
        if (await isReady(target)) ready.add(target);
        // As balancers do, it rather asks the one that was ready last than nobody.
        else if (ready.size > 1) ready.delete(target);
      }),
    );
  }

  function pass(incoming: IncomingMessage, answer: ServerResponse): void {
    const choice = targets.filter((target) => ready.has(target));
    const target = choice[turn++ % choice.length];
    const breaks = (why: string) => {
      broken.push(`${incoming.method} ${incoming.url}: ${why}`);
      if (answer.headersSent) answer.destroy();
      else answer.writeHead(502, { "content-type": "application/json" }).end('{"error":"bad_gateway"}');
    };
    if (target === undefined) {
      breaks("nobody is ready");
      return;
    }
    const { method, headers, url } = incoming;
    const outgoing = request(`${target}${url}`, { method, headers: { ...headers, connection: "keep-alive" }, agent }, (answered) => {
      const { connection: _, ...kept } = answered.headers;
      answer.writeHead(answered.statusCode ?? 502, kept);
      answered.on("error", (error) => breaks(error.message)).pipe(answer);
    });
    outgoing.on("error", (error) => breaks(error.message));
    incoming.pipe(outgoing);
  }

  const [server] = await Promise.all([listen(pass, { host: "127.0.0.1", port: 0, limits: { drainMs: 0 } }), look()]);
  const looking = setInterval(() => void look(), LOOK_MS);
  return {
    url: server.url,
    broken,
    close: async () => {
      clearInterval(looking);
      agent.destroy();
      await server.close();
    },
  };
}
