import { once } from "node:events";
import { connectRedis, createDesk, type RedisConnection } from "@mara/queue";
import { createLogger, listen, type Logger } from "@mara/runtime";
import { openStore, readKeyring } from "@mara/store";
import { z } from "zod";
import { freshDatabase, freshRedis } from "../../../test/support/services.ts";
import { createConsole } from "../src/app.ts";
import type { Backing } from "../src/backing.ts";

export const ADMIN_TOKEN = "the-operators-own-token";
export const PUBLIC_URL = "https://hooks.example.com";

/** The discard port: nothing listens there. */
const NOBODY = "http://127.0.0.1:9";

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; null where there is none. */
  readonly body: unknown;
}

export interface Asked {
  /** Default: the operator's. Null sends none. */
  readonly token?: string | null;
  readonly body?: unknown;
  /** Sent as it is, in place of `body`. */
  readonly raw?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface OpenConsole {
  readonly url: string;
  readonly backing: Backing;
  readonly databaseUrl: string;
  readonly redis: { readonly url: string; readonly connection: RedisConnection; stop(): Promise<void> };
  /** Asks over HTTP. `path` as it goes over the wire. */
  ask(method: string, path: string, asked?: Asked): Promise<Answered>;
  /** Makes a tenant of its own. */
  tenant(): Promise<{ readonly id: string; readonly token: string }>;
  close(): Promise<void>;
}

export interface ConsoleSettings {
  /** Default: one that nobody listens at. */
  readonly ingestUrl?: string;
  /** Default: that of the database of its own. */
  readonly databaseUrl?: string;
  /** Default: one that says nothing. */
  readonly log?: Logger;
}

/** A console on a free port, over a Postgres and a Redis of its own. */
export async function openConsole(settings: ConsoleSettings = {}): Promise<OpenConsole> {
  const [database, redis] = await Promise.all([freshDatabase(), freshRedis()]);
  const store = openStore({
    databaseUrl: settings.databaseUrl ?? database.url,
    keyring: readKeyring(Buffer.alloc(32, 7).toString("base64")),
  });
  const connection = connectRedis(redis.url, "producer", () => {});
  if (connection.status !== "ready") await once(connection, "ready");
  const stopping = new AbortController();
  const desk = createDesk(connection, { shards: 1 });
  const backing: Backing = {
    store,
    desk,
    redis: connection,
    log: settings.log ?? createLogger("console", "silent"),
    adminToken: ADMIN_TOKEN,
    publicUrl: PUBLIC_URL,
    ingestUrl: settings.ingestUrl ?? NOBODY,
    trustedProxies: "loopback",
    stopping: stopping.signal,
  };
  const ready = { postgres: () => store.pool.query("SELECT 1"), redis: () => connection.ping() };
  const server = await listen(createConsole(backing, ready), { host: "127.0.0.1", port: 0 });
  let tenants = 0;

  const ask = async (method: string, path: string, asked: Asked = {}): Promise<Answered> => {
    const token = asked.token === undefined ? ADMIN_TOKEN : asked.token;
    const body = asked.raw ?? (asked.body === undefined ? null : JSON.stringify(asked.body));
    const response = await fetch(server.url + path, {
      method,
      headers: { ...(token !== null && { authorization: `Bearer ${token}` }), ...asked.headers },
      body,
      redirect: "manual",
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json");
    return { status: response.status, headers: response.headers, text, body: isJson && text !== "" ? JSON.parse(text) : null };
  };

  return {
    url: server.url,
    backing,
    databaseUrl: database.url,
    redis: { url: redis.url, connection, stop: redis.stop },
    ask,
    tenant: async () => {
      tenants += 1;
      const { body } = await ask("POST", "/api/tenants", { body: { name: `Tenant ${tenants}` } });
      return z.object({ id: z.string(), token: z.string() }).parse(body);
    },
    close: async () => {
      stopping.abort();
      await server.close();
      await desk.close();
      connection.disconnect();
      await store.close();
      await redis.stop();
      await database.drop();
    },
  };
}

const list = z.object({ items: z.array(z.looseObject({ id: z.string() })), nextCursor: z.string().nullable() });

/** The items and the cursor of a list. */
export function listOf({ status, body }: Answered): z.output<typeof list> {
  if (status !== 200) throw new Error(`a list was to be had, but the answer is ${status} ${JSON.stringify(body)}`);
  return list.parse(body);
}

/** The ids of a whole list, page by page. `between` runs after each page. */
export async function idsOf(
  console: OpenConsole,
  path: string,
  limit: number,
  between: () => Promise<unknown> = async () => undefined,
): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const from: string = cursor === null ? "" : `&cursor=${cursor}`;
    const page = listOf(await console.ask("GET", `${path}${path.includes("?") ? "&" : "?"}limit=${limit}${from}`));
    ids.push(...page.items.map((item) => item.id));
    cursor = page.nextCursor;
    await between();
  } while (cursor !== null);
  return ids;
}
