import type { Tenant } from "@mara/store";
import { Layout, type Viewer } from "../layout.tsx";
import type { Rendered } from "./render.ts";

interface DocsProps {
  readonly viewer: Viewer;
  /** Whose URLs stand in it: its sections are at hand, because the guide sends people there. */
  readonly tenant: Tenant | null;
  readonly guide: Rendered;
  /** The address of the markdown. */
  readonly raw: string;
}

/** The set-up guide. */
export function Docs({ viewer, tenant, guide: { html, chapters }, raw }: DocsProps) {
  return (
    <Layout viewer={viewer} title="Set up webhooks" {...(tenant && { tenant })}>
      <div class="docs">
        <nav class="docs-contents" aria-label="Contents">
          <ul>
            {chapters.map(({ id, title }) => (
              <li key={id}>
                <a href={`#${id}`}>{title}</a>
              </li>
            ))}
          </ul>
          <p class="small">
            <a href={raw}>As markdown</a>
          </p>
        </nav>
        {/* oxlint-disable-next-line react/no-danger -- made from the console's own markdown, with what is in it escaped */}
        <article class="prose" dangerouslySetInnerHTML={{ __html: html }} />
      </div>
    </Layout>
  );
}
