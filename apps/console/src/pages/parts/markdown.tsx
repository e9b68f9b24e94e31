import { marked } from "marked";

/** Markdown of our own as HTML. Never for text of strangers: HTML in it is kept as it is. */
export function Markdown({ text, class: name = "prose" }: { text: string; class?: string }) {
  const html = marked.parse(text, { async: false, gfm: true });
  // oxlint-disable-next-line react/no-danger -- the text is this console's own
  return <div class={name} dangerouslySetInnerHTML={{ __html: html }} />;
}
