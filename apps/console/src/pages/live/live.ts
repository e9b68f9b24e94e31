import { setTimeout as pause } from "node:timers/promises";
import type { Logger } from "@mara/runtime";
import type { Tenant } from "@mara/store";
import type { VNode } from "preact";
import { renderToString } from "preact-render-to-string";

/** How long after one look at the store the next one begins. */
const LOOK_MS = 1_000;
const LOOK_AFTER_TROUBLE_MS = 5_000;

/** What is looked at. */
export interface LiveLook<Asked> {
  readonly tenant: Tenant;
  /** What the page's query asks for. */
  readonly asked: Asked;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** The parts of a page that are kept fresh, by the names in their `data-live`: what stands inside each of them. */
export type Fragments = Readonly<Record<string, VNode>>;

/** What a look at the store shows. */
export interface Shown {
  readonly parts: Fragments;
  /** Nothing of it changes by itself any more: whoever watches is told, and it is looked at no longer. Default: it may. */
  readonly isFinal?: boolean;
}

/** How the parts of a page are made. */
export interface LiveView<Asked> {
  /**
   * What a page's query asks for, to be written as JSON. Pages that ask for the same share their looks, whatever else stands in
   * their queries. Throws where nothing that there is is asked for.
   */
  read(query: URLSearchParams): Asked;
  /** Looks at the store. What it makes is seen by everybody who watches: no form's token may stand in it. */
  look(look: LiveLook<Asked>): Promise<Shown>;
}

/**
 * What watchers are told. `trouble`: it can't be looked at the moment; what was told last stands. `end`: what was told last
 * stands for good.
 */
export type News =
  | { readonly event: "fragment"; readonly name: string; readonly html: string }
  | { readonly event: "trouble" }
  | { readonly event: "well" }
  | { readonly event: "end" };

export type Tell = (news: News) => void;

/** Tells what is and what changes, until the answered function is called. */
export type Watch = (tell: Tell) => () => void;

export interface Live {
  /** Says how the parts of a page are made. Its name stands in the stream's address. */
  view<Asked>(name: string, view: LiveView<Asked>): void;
  /** How a page's view is watched; null where there is no such view. Throws what the view throws where it can't read the query. */
  find(name: string, tenant: Tenant, query: URLSearchParams): Watch | null;
}

/** Where a page's stream comes from: goes into `data-stream`. */
export function streamPath(tenantId: string, view: string, query: URLSearchParams): string {
  const search = query.toString();
  return `/tenants/${tenantId}/live/${view}${search === "" ? "" : `?${search}`}`;
}

/** Pages that are kept fresh. However many watch the same part of the same tenant, the store is looked at once. */
export function createLive(log: Logger, now: () => number): Live {
  const views = new Map<string, (tenant: Tenant, query: URLSearchParams) => Watch>();
  const channels = new Map<string, Channel>();

  /** A channel that came to its end is told from no more: what it last saw may have begun anew meanwhile. */
  function channelOf(key: string, look: () => Promise<Shown>): Channel {
    const there = channels.get(key);
    if (there !== undefined && !there.isOver()) return there;
    const channel = openChannel(look, log);
    channels.set(key, channel);
    return channel;
  }

  return {
    view: (name, { read, look }) =>
      void views.set(name, (tenant, query) => {
        const asked = read(query);
        const key = JSON.stringify([tenant.id, name, asked]);
        return (tell) => {
          const channel = channelOf(key, () => look({ tenant, asked, now: now() }));
          channel.join(tell);
          return () => {
            if (channel.leave(tell) === 0 && channels.get(key) === channel) channels.delete(key);
          };
        };
      }),
    find: (name, tenant, query) => views.get(name)?.(tenant, query) ?? null,
  };
}

interface Channel {
  join(tell: Tell): void;
  /** Answers how many are left. */
  leave(tell: Tell): number;
  isOver(): boolean;
}

/** Looks for as long as somebody watches. */
function openChannel(look: () => Promise<Shown>, log: Logger): Channel {
  const watchers = new Set<Tell>();
  const told = new Map<string, string>();
  let troubled = false;
  let running = false;
  let isOver = false;

  const tellAll = (news: News) => watchers.forEach((tell) => tell(news));

  async function lookOnce(): Promise<void> {
    try {
      const { parts, isFinal = false } = await look();
      for (const [name, made] of Object.entries(parts)) {
        const html = renderToString(made);
        if (withoutAges(told.get(name)) === withoutAges(html)) continue;
        told.set(name, html);
        tellAll({ event: "fragment", name, html });
      }
      if (troubled) tellAll({ event: "well" });
      troubled = false;
      isOver = isFinal;
      if (isOver) tellAll({ event: "end" });
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
      if (isOver) return;
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
    isOver: () => isOver,
  };
}

/** "5 seconds ago" is no news: pages count on by themselves. */
function withoutAges(html: string | undefined): string | undefined {
  return html?.replaceAll(/(<time[^>]*data-ago[^>]*>)[^<]*/g, "$1");
}
