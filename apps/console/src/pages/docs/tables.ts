import { connectors, MEANINGS, MOMENTS, type MappingRow, type Provider } from "@mara/connectors";

/** The eight moments with their meanings, as a markdown table. */
export function momentsTable(): string {
  return table(["moment", "meaning"], MOMENTS.map((moment) => [code(moment), MEANINGS[moment]]));
}

/** What a provider's events become, as a markdown table made from the connector itself. */
export function mappingTable(provider: Provider): string {
  const { label, mapping } = connectors[provider];
  return table([`${label} event`, "becomes"], mapping.map((row) => [code(row.event), outcome(row) + caveat(label, row)]));
}

/** The event types that are sent, and become something or tell of a contact, each once: what to select at the provider. */
export function eventsToSelect(provider: Provider): string[] {
  const rows: readonly MappingRow[] = connectors[provider].mapping;
  return [...new Set(rows.filter((row) => row.becomes !== null && row.sentInstead === undefined).map((row) => row.event))];
}

function outcome({ becomes, when }: MappingRow): string {
  const what = becomes === null ? "ignored" : becomes === "contact" ? "no moment" : code(becomes);
  const condition = when === "" ? "" : when === "otherwise" ? " otherwise" : ` when ${when}`;
  return `${what}${condition}${becomes === "contact" ? "; the contact is brought up to date" : ""}`;
}

function caveat(label: string, { sentInstead }: MappingRow): string {
  return sentInstead === undefined ? "" : `; ${label} does not send this today: ${code(sentInstead)} brings the moment`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function code(text: string): string {
  return `\`${text}\``;
}
