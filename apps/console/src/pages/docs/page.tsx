import { Layout, type Viewer } from "../layout.tsx";
import type { Rendered } from "./render.ts";

/** The set-up guide. */
export function Docs({ viewer, guide: { html, chapters }, raw }: { viewer: Viewer; guide: Rendered; raw: string }) {
  return (
    <Layout viewer={viewer} title="Set up webhooks">
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
