/** What a Prisma schema asks of a database, in Postgres' own words. Reads the part of the language that this project uses. */
export interface Table {
  readonly name: string;
  /** Name to type, `NOT NULL` where it is so, and default. */
  readonly columns: Record<string, string>;
  /** Name to definition: `PRIMARY KEY (…)`, `UNIQUE (…)` or `INDEX (…)`. */
  readonly indexes: Record<string, string>;
  /** Name to definition. */
  readonly foreignKeys: Record<string, string>;
}

interface Field {
  readonly name: string;
  readonly column: string;
  readonly type: string;
  readonly modifier: string;
  readonly attributes: string;
}

interface Model {
  readonly name: string;
  readonly table: string;
  readonly fields: readonly Field[];
  readonly blocks: readonly string[];
}

const TYPES: Record<string, string> = {
  String: "text",
  BigInt: "bigint",
  Int: "integer",
  Boolean: "boolean",
  Json: "jsonb",
  Bytes: "bytea",
};

export function readPrismaSchema(text: string): Table[] {
  const models = [...text.matchAll(/^model (\w+) \{\n([\s\S]*?)^\}/gm)].map(([, name = "", body = ""]) => readModel(name, body));
  return models.map((model) => tableOf(model, models));
}

function readModel(name: string, body: string): Model {
  const lines = body.split("\n").map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("//"));
  const blocks = lines.filter((line) => line.startsWith("@@"));
  const fields = lines.filter((line) => !line.startsWith("@@")).map((line): Field => {
    const [, field = "", type = "", modifier = "", attributes = ""] = /^(\w+)\s+(\w+)(\?|\[\])?\s*(.*)$/.exec(line) ?? [];
    return { name: field, column: /@map\("(.+?)"\)/.exec(attributes)?.[1] ?? field, type, modifier, attributes };
  });
  return { name, table: argumentOf(blocks, "@@map").replaceAll('"', "") || name, fields, blocks };
}

function tableOf(model: Model, models: readonly Model[]): Table {
  const scalars = model.fields.filter((field) => !models.some(({ name }) => name === field.type));
  const columnsOf = (names: string) => columnNames(model, names);
  const single = (attribute: RegExp) => scalars.filter((field) => attribute.test(field.attributes)).map(({ column }) => [column]);
  const many = (attribute: string) =>
    model.blocks.filter((block) => block.startsWith(`${attribute}(`)).map((block) => columnsOf(argumentOf([block], attribute)));
  const named = (suffix: string, kind: string, lists: string[][]) =>
    lists.map((list) => [suffix === "pkey" ? `${model.table}_pkey` : `${[model.table, ...list].join("_")}_${suffix}`, `${kind} (${list.join(", ")})`]);
  return {
    name: model.table,
    columns: Object.fromEntries(scalars.map((field) => [field.column, columnType(field)])),
    indexes: Object.fromEntries([
      ...named("pkey", "PRIMARY KEY", [...single(/@id\b/), ...many("@@id")]),
      ...named("key", "UNIQUE", [...single(/@unique\b/), ...many("@@unique")]),
      ...named("idx", "INDEX", many("@@index")),
    ]),
    foreignKeys: Object.fromEntries(model.fields.flatMap((field) => foreignKey(model, field, models))),
  };
}

function columnType({ type, modifier, attributes }: Field): string {
  const zoned = /@db\.Timestamptz\((\d)\)/.exec(attributes)?.[1];
  const name = attributes.includes("@db.Uuid") ? "uuid" : zoned ? `timestamp(${zoned}) with time zone` : TYPES[type];
  if (name === undefined) throw new Error(`a type that this reader does not know: ${type}`);
  const value = /@default\((now\(\)|"[^"]*"|\w+)\)/.exec(attributes)?.[1];
  const given = value?.startsWith('"') ? `'${value.slice(1, -1)}'::${name}` : value;
  return name + (modifier === "?" ? "" : " NOT NULL") + (given === undefined ? "" : ` DEFAULT ${given}`);
}

function foreignKey(model: Model, field: Field, models: readonly Model[]): [string, string][] {
  const relation = /@relation\(fields: \[(.+?)\], references: \[(.+?)\], onDelete: (\w+)\)/.exec(field.attributes);
  const target = models.find(({ name }) => name === field.type);
  if (!relation || !target) return [];
  const [, fields = "", references = "", onDelete = ""] = relation;
  const columns = columnNames(model, fields);
  // Prisma's default for updates is to cascade.
  const definition = `FOREIGN KEY (${columns.join(", ")}) REFERENCES ${target.table}(${columnNames(target, references).join(", ")}) ON UPDATE CASCADE ON DELETE ${onDelete.toUpperCase()}`;
  return [[`${[model.table, ...columns].join("_")}_fkey`, definition]];
}

function columnNames(model: Model, names: string): string[] {
  return names.split(",").map((name) => model.fields.find((field) => field.name === name.trim())?.column ?? `no field ${name}`);
}

function argumentOf(blocks: readonly string[], attribute: string): string {
  const block = blocks.find((line) => line.startsWith(`${attribute}(`));
  return block?.slice(attribute.length + 1, block.lastIndexOf(")")).replaceAll(/[[\]]/g, "") ?? "";
}
