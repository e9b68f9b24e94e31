import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

const inColour = process.stdout.isTTY && !process.env.NO_COLOR;

/** Styles text for a terminal; anywhere else it stays plain. */
export function paint(style: Style, text: string): string {
  return inColour ? styleText(style, text) : text;
}

/** `text` and spaces up to `width`, measured before it is painted. */
export function column(style: Style, text: string, width: number): string {
  return paint(style, text) + " ".repeat(Math.max(0, width - text.length));
}
