import { setTimeout as pause } from "node:timers/promises";
import type { Logger } from "@mara/runtime";
import type { Tenant } from "@mara/store";
import type { VNode } from "preact";
import { renderToString } from "preact-render-to-string";

/** How long after one look at the store the next one begins. */
const LOOK_MS = 1_000;
const LOOK_AFTER_TROUBLE_MS = 5_000;

/** What is looked at. `query` is that of the page. */
export interface LiveLook {
  readonly tenant: Tenant;
  readonly query: URLSearchParams;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** The parts of a page that are kept fresh, by the names in their `data-live`: what stands inside each of them. */
export type Fragments = Readonly<Record<string, VNode>>;

/** Looks at the store. What it makes is seen by everybody who watches: no form's token may stand in it. */
export type LiveView = (look: LiveLook) => Promise<Fragments>;

/** What watchers are told. `trouble`: it can't be looked at the moment; what was told last stands. */
export type News =
  | { readonly event: "fragment"; readonly name: string; readonly html: string }
  | { readonly event: "trouble" }
  | { readonly event: "well" };

export type Tell = (news: News) => void;

export interface Live {
  /** Says how the parts of a page are made. Its name stands in the stream's address. */
  view(name: string, view: LiveView): void;
  has(name: string): boolean;
  /** Tells what is and what changes, until the answered function is called. Throws `RangeError` where there is no such view. */
  watch(name: string, tenant: Tenant, query: URLSearchParams, tell: Tell): () => void;
}

/** Where a page's stream comes from: goes into `data-stream`. */
export function streamPath(tenantId: string, view: string, query: URLSearchParams): string {
  const search = query.toString();
  return `/tenants/${tenantId}/live/${view}${search === "" ? "" : `?${search}`}`;
}

/** Pages that are kept fresh. However many watch the same part of the same tenant, the store is looked at once. */
export function createLive(log: Logger, now: () => number): Live {
  const views = new Map<string, LiveView>();
  const channels = new Map<string, Channel>();

  return {
    view: (name, view) => void views.set(name, view),
    has: (name) => views.has(name),
    watch: (name, tenant, query, tell) => {
      const view = views.get(name);
      if (view === undefined) throw new RangeError("there is no such view");
      const sorted = new URLSearchParams(query);
      sorted.sort();
      const key = JSON.stringify([tenant.id, name, sorted.toString()]);
      const channel = channels.get(key) ?? openChannel(() => view({ tenant, query: sorted, now: now() }), log);
      channels.set(key, channel);
      channel.join(tell);
      return () => {
        if (channel.leave(tell) === 0 && channels.get(key) === channel) channels.delete(key);
      };
    },
  };
}

interface Channel {
  join(tell: Tell): void;
  /** Answers how many are left. */
  leave(tell: Tell): number;
}

/** Looks for as long as somebody watches. */
function openChannel(look: () => Promise<Fragments>, log: Logger): Channel {
  const watchers = new Set<Tell>();
  const told = new Map<string, string>();
  let troubled = false;
  let running = false;

  const tellAll = (news: News) => watchers.forEach((tell) => tell(news));

  async function lookOnce(): Promise<void> {
    try {
      for (const [name, made] of Object.entries(await look())) {
        const html = renderToString(made);
        if (withoutAges(told.get(name)) === withoutAges(html)) continue;
        told.set(name, html);
        tellAll({ event: "fragment", name, html });
      }
      if (troubled) tellAll({ event: "well" });
      troubled = false;
    } catch (error) {
      if (!troubled) {
        log.warn({ err: error }, "a page can't be kept fresh");
        tellAll({ event: "trouble" });
      }
      troubled = true;
    }
  }

  async function run(): Promise<void> {
    running = true;
    while (watchers.size > 0) {
      await lookOnce();
      await pause(troubled ? LOOK_AFTER_TROUBLE_MS : LOOK_MS, undefined, { ref: false });
    }
    running = false;
  }

  return {
    join: (tell) => {
      watchers.add(tell);
      for (const [name, html] of told) tell({ event: "fragment", name, html });
      if (troubled) tell({ event: "trouble" });
      if (!running) void run();
    },
    leave: (tell) => {
      watchers.delete(tell);
      return watchers.size;
    },
  };
}

/** "5 seconds ago" is no news: pages count on by themselves. */
function withoutAges(html: string | undefined): string | undefined {
  return html?.replaceAll(/(<time[^>]*data-ago[^>]*>)[^<]*/g, "$1");
}
