/**
 * Array parameters in Postgres' binary form, for statements that `unnest` a whole batch. The driver's own form is text, in
 * which each quote of each JSON document is escaped here and unescaped there: at a batch's size, half of all the work.
 * Source of the form: `array_send` and the types' own send functions in the PostgreSQL sources.
 */
export type Column<Row> = (rows: readonly Row[]) => Buffer;

/** One parameter for each of `columns`, in their order. */
export function arrays<Row>(rows: readonly Row[], ...columns: readonly Column<Row>[]): Buffer[] {
  return columns.map((column) => column(rows));
}

/** `$n::text[]` */
export function text<Row>(read: (row: Row) => string | null): Column<Row> {
  return (rows) => variable(TEXT, rows.map(read), 0);
}

/** `$n::jsonb[]`, of whatever `JSON.stringify` makes of the values. */
export function jsonb<Row>(read: (row: Row) => object | null): Column<Row> {
  return (rows) => variable(JSONB, rows.map((row) => jsonText(read(row))), 1);
}

/** `$n::uuid[]` */
export function uuid<Row>(read: (row: Row) => string | null): Column<Row> {
  return (rows) => fixed(UUID, 16, rows.map(read), (buffer, value, at) => {
    if (buffer.write(value.replaceAll("-", ""), at, "hex") !== 16) throw new TypeError("not a UUID");
  });
}

/** `$n::timestamptz[]`, of epoch milliseconds. */
export function time<Row>(read: (row: Row) => number | null): Column<Row> {
  return (rows) => fixed(TIMESTAMPTZ, 8, rows.map(read), (buffer, value, at) => {
    writeInt64(buffer, (value - POSTGRES_EPOCH_MS) * 1_000, at);
  });
}

/** `$n::bigint[]` */
export function bigint<Row>(read: (row: Row) => bigint | number): Column<Row> {
  return (rows) => fixed(INT8, 8, rows.map(read), (buffer, value, at) => void buffer.writeBigInt64BE(BigInt(value), at));
}

/** `$n::bool[]` */
export function bool<Row>(read: (row: Row) => boolean): Column<Row> {
  return (rows) => fixed(BOOL, 1, rows.map(read), (buffer, value, at) => void buffer.writeUInt8(value ? 1 : 0, at));
}

// Object identifiers of the element types. Source: pg_type.dat
const BOOL = 16;
const INT8 = 20;
const TEXT = 25;
const TIMESTAMPTZ = 1184;
const UUID = 2950;
const JSONB = 3802;

const HEADER = 20;
const LENGTH = 4;
const IS_NULL = -1;
/** The first byte of a binary jsonb. */
const JSONB_VERSION = 1;
/** 2000-01-01, from which Postgres counts microseconds. */
const POSTGRES_EPOCH_MS = 946_684_800_000;

/** Strings, each after `prefix` bytes that hold the version of its form. */
function variable(oid: number, values: readonly (string | null)[], prefix: number): Buffer {
  let size = HEADER;
  const sizes = values.map((value) => {
    const bytes = value === null ? 0 : prefix + Buffer.byteLength(value);
    size += LENGTH + bytes;
    return bytes;
  });
  const buffer = withHeader(oid, values.length, size);
  let at = HEADER;
  for (const [i, value] of values.entries()) {
    const bytes = sizes[i] ?? 0;
    buffer.writeInt32BE(value === null ? IS_NULL : bytes, at);
    at += LENGTH;
    if (value === null) continue;
    if (prefix > 0) buffer.writeUInt8(JSONB_VERSION, at);
    buffer.write(value, at + prefix, "utf8");
    at += bytes;
  }
  return buffer;
}

/** Values of `bytes` each. */
function fixed<Value>(
  oid: number,
  bytes: number,
  values: readonly (Value | null)[],
  write: (buffer: Buffer, value: Value, at: number) => void,
): Buffer {
  const present = values.reduce((count, value) => (value === null ? count : count + 1), 0);
  const buffer = withHeader(oid, values.length, HEADER + LENGTH * values.length + bytes * present);
  let at = HEADER;
  for (const value of values) {
    buffer.writeInt32BE(value === null ? IS_NULL : bytes, at);
    at += LENGTH;
    if (value === null) continue;
    write(buffer, value, at);
    at += bytes;
  }
  return buffer;
}

/** One dimension, counted from 1. A null inside needs no announcement. */
function withHeader(oid: number, length: number, size: number): Buffer {
  const buffer = Buffer.allocUnsafe(size);
  buffer.writeInt32BE(1, 0);
  buffer.writeInt32BE(0, 4);
  buffer.writeInt32BE(oid, 8);
  buffer.writeInt32BE(length, 12);
  buffer.writeInt32BE(1, 16);
  return buffer;
}

function writeInt64(buffer: Buffer, value: number, at: number): void {
  const high = Math.floor(value / 0x1_0000_0000);
  buffer.writeInt32BE(high, at);
  buffer.writeUInt32BE(value - high * 0x1_0000_0000, at + 4);
}

function jsonText(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}
