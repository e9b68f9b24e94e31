import { marked, Renderer, type Tokens } from "marked";

/** A chapter of the guide, for its table of contents. */
export interface Chapter {
  readonly id: string;
  readonly title: string;
}

export interface Rendered {
  readonly html: string;
  readonly chapters: readonly Chapter[];
}

/**
 * The guide's markdown as HTML: its chapters can be linked to, and wide tables scroll in a box of their own. The markdown is
 * our own; HTML in it is shown as text all the same, because the addresses in it come from settings.
 */
export function render(markdown: string): Rendered {
  const renderer = new GuideRenderer();
  const html = marked.parse(markdown, { async: false, gfm: true, renderer });
  return { html, chapters: renderer.chapters };
}

class GuideRenderer extends Renderer {
  readonly chapters: Chapter[] = [];

  override heading({ tokens, depth }: Tokens.Heading): string {
    const heading = this.parser.parseInline(tokens);
    if (depth !== 2) return `<h${depth}>${heading}</h${depth}>\n`;
    const title = this.parser.parseInline(tokens, this.parser.textRenderer);
    const id = title.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "");
    this.chapters.push({ id, title });
    return `<h2 id="${id}">${heading}</h2>\n`;
  }

  override table(token: Tokens.Table): string {
    const name = escaped(token.header.map((cell) => cell.text).join(", "));
    return `<div class="table-box" tabindex="0" role="region" aria-label="Table: ${name}">${super.table(token)}</div>\n`;
  }

  override html({ text }: Tokens.HTML | Tokens.Tag): string {
    return escaped(text);
  }
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
