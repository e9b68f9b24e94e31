import type { ComponentChildren } from "preact";
import { asset } from "./assets.ts";

export type Theme = "system" | "light" | "dark";

/** The sections of a tenant, in the order of its navigation. */
export const SECTIONS = [
  { key: "integrations", label: "Integrations", path: "settings/integrations" },
  { key: "deliveries", label: "Deliveries", path: "deliveries" },
  { key: "contacts", label: "Contacts", path: "contacts" },
  { key: "events", label: "Events", path: "events" },
] as const;

export type Section = (typeof SECTIONS)[number]["key"];

/** The address of a tenant's section. */
export function pathOf(tenantId: string, section: Section): string {
  const { path } = SECTIONS.find(({ key }) => key === section) ?? SECTIONS[0];
  return `/tenants/${tenantId}/${path}`;
}

/** The guide, with the tenant's own URLs in it: an operator's is told whose. */
export function guidePath({ who }: Pick<Viewer, "who">, tenant: LayoutProps["tenant"]): string {
  return tenant && who === "operator" ? `/docs/webhooks?tenant=${tenant.id}` : "/docs/webhooks";
}

/** What every page needs to know of the one who looks at it. */
export interface Viewer {
  /** Null before signing in. */
  readonly who: "operator" | "tenant" | null;
  /** Stands in every form that changes something. */
  readonly csrf: string;
  readonly theme: Theme;
  /** The path and query of this page, to come back to. */
  readonly here: string;
}

export interface LayoutProps {
  readonly viewer: Viewer;
  /** Names the page in the tab; the page's own h1 says the same or more. */
  readonly title: string;
  /** The tenant that the page is about, where it is about one. */
  readonly tenant?: { readonly id: string; readonly name: string };
  readonly section?: Section;
  /** Where the page's fresh parts come from (`streamPath`), where it has any. */
  readonly stream?: string;
  readonly children: ComponentChildren;
}

/** The shell of every page: readable and usable before any script ran. */
export function Layout({ viewer, title, tenant, section, stream, children }: LayoutProps) {
  return (
    <html lang="en" {...(viewer.theme === "system" ? {} : { "data-theme": viewer.theme })}>
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{`${title} · Mara Webhooks`}</title>
        <link rel="icon" href={asset("favicon.svg")} type="image/svg+xml" />
        <link rel="stylesheet" href={asset("app.css")} />
        <script type="module" src={asset("enhance.js")} />
        {stream && <script type="module" src={asset("live.js")} />}
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        <header class="bar">
          <a class="brand" href={viewer.who ? "/" : "/docs/webhooks"}>
            <Mark />
            Mara Webhooks
          </a>
          {tenant && (
            <span class="soft">
              <span class="visually-hidden">Tenant: </span>
              <bdi>{tenant.name}</bdi>
            </span>
          )}
          <div class="bar-end">
            {viewer.who === "operator" && (
              <a class="button" data-kind="quiet" href="/queues">
                Queues
              </a>
            )}
            <a class="button" data-kind="quiet" href={guidePath(viewer, tenant)}>
              Docs
            </a>
            <ThemeSwitch viewer={viewer} />
            {viewer.who && <SignOut viewer={viewer} />}
          </div>
        </header>
        {tenant && <Tabs tenantId={tenant.id} {...(section ? { section } : {})} />}
        <main id="main" tabIndex={-1} {...(stream && { "data-stream": stream, "data-here": viewer.here })}>
          {children}
        </main>
        <output class="visually-hidden" data-announcer />
      </body>
    </html>
  );
}

function Tabs({ tenantId, section }: { tenantId: string; section?: Section }) {
  return (
    <nav class="tabs" aria-label="Sections">
      <ul>
        {SECTIONS.map(({ key, label }) => (
          <li key={key}>
            <a href={pathOf(tenantId, key)} {...(key === section ? { "aria-current": "page" } : {})}>
              {label}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

const NEXT_THEME = { system: "dark", dark: "light", light: "system" } as const satisfies Record<Theme, Theme>;

const THEME_NAMES = { system: "as the system", light: "light", dark: "dark" } as const satisfies Record<Theme, string>;

function ThemeSwitch({ viewer }: { viewer: Viewer }) {
  const next = NEXT_THEME[viewer.theme];
  return (
    <form method="post" action="/theme">
      <input type="hidden" name="csrf" value={viewer.csrf} />
      <input type="hidden" name="back" value={viewer.here} />
      <button data-kind="quiet" name="theme" value={next} title={`Colours: ${THEME_NAMES[viewer.theme]}`}>
        <ThemeIcon theme={viewer.theme} />
        <span class="visually-hidden">{`Colours: ${THEME_NAMES[viewer.theme]}. Switch to ${THEME_NAMES[next]}`}</span>
      </button>
    </form>
  );
}

function ThemeIcon({ theme }: { theme: Theme }) {
  return (
    <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.6">
      <circle cx="9" cy="9" r="6.5" />
      {theme !== "light" && <path d="M9 2.5 A6.5 6.5 0 0 1 9 15.5 Z" fill="currentColor" stroke="none" />}
      {theme === "dark" && <path d="M9 2.5 A6.5 6.5 0 0 0 9 15.5 Z" fill="currentColor" stroke="none" />}
    </svg>
  );
}

function SignOut({ viewer }: { viewer: Viewer }) {
  return (
    <form method="post" action="/sign-out">
      <input type="hidden" name="csrf" value={viewer.csrf} />
      <button data-kind="quiet">Sign out</button>
    </form>
  );
}

function Mark() {
  return (
    <svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2">
      <path d="M2 16 L7 6 L11 14 L15 6 L20 16" stroke-linecap="round" stroke-linejoin="round" />
      <circle cx="11" cy="19" r="1.4" fill="currentColor" stroke="none" />
    </svg>
  );
}
