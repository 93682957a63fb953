import { DStreamError } from "../errors/dstream-error.ts";
import { keyText } from "../keys/key-text.ts";
import { BlockReader } from "./block-reader.ts";
import { BlockWriter } from "./block-writer.ts";
import { readColumn, type TextAs, writeColumn } from "./column.ts";
import { encodeValue } from "./value-codec.ts";

// A block is many rows in one piece of memory: a byte for the layout, the number of rows, then one column of rows or two of
// keys and values. It is the same between threads and through Spark, and a pure function of the rows.

const layouts = { rows: 0, pairs: 1 } as const;

/** Bytes that own their memory, so that they can be transferred to another thread. */
export type Block = Uint8Array<ArrayBuffer>;

const writer = new BlockWriter();

/** Keys and values of the same positions. @throws VALUE_NOT_ENCODABLE naming the key. */
export function encodePairs(keys: readonly unknown[], values: readonly unknown[]): Block {
  try {
    return written(() => {
      writer.byte(layouts.pairs);
      writer.uint32(keys.length);
      writeColumn(writer, keys);
      writeColumn(writer, values);
    });
  } catch (error) {
    for (let i = 0; i < keys.length; i++) nameKey(keys[i], values[i]);
    throw error;
  }
}

/** @throws VALUE_NOT_ENCODABLE naming the key when it is this value that can't be encoded. */
function nameKey(key: unknown, value: unknown): void {
  try {
    encodeValue(value);
  } catch (error) {
    const { code, message, data } = DStreamError.from(error);
    const text = `the value of ${keyText(key)}: ${message.replace(/^\[\w+\] /, "")}`;
    throw new DStreamError(code, text, { cause: error, data });
  }
}

/** Rows of any kind; rows that are all pairs take two columns. @throws VALUE_NOT_ENCODABLE */
export function encodeRows(rows: readonly unknown[]): Block {
  const pairs = columnsOf(rows);
  if (pairs !== undefined) return encodePairs(pairs.keys, pairs.values);
  return written(() => {
    writer.byte(layouts.rows);
    writer.uint32(rows.length);
    writeColumn(writer, rows);
  });
}

/** How many rows, or pairs, a block has. */
export function rowsIn(block: Uint8Array): number {
  const reader = new BlockReader(block);
  reader.byte();
  return reader.uint32();
}

interface Columns {
  readonly keys: readonly unknown[];
  readonly values: readonly unknown[];
}

/** The columns of rows that are all pairs. */
function columnsOf(rows: readonly unknown[]): Columns | undefined {
  if (rows.length === 0) return undefined;
  const keys: unknown[] = new Array(rows.length);
  const values: unknown[] = new Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    if (!Array.isArray(row) || row.length !== 2) return undefined;
    keys[i] = row[0];
    values[i] = row[1];
  }
  return { keys, values };
}

/** What was written, or nothing of it when a value could not be encoded. */
function written(write: () => void): Block {
  try {
    write();
  } catch (error) {
    writer.take();
    throw error;
  }
  return writer.take();
}

/** The two columns of a block of pairs, or the rows of another. */
function decode(block: Uint8Array, textAs?: TextAs): Columns | { readonly rows: unknown[] } {
  const reader = new BlockReader(block);
  const layout = reader.byte();
  const count = reader.uint32();
  const first = readColumn(reader, count, textAs);
  return layout === layouts.rows ? { rows: first } : { keys: first, values: readColumn(reader, count, textAs) };
}

/** The two columns of a block of pairs. */
export function decodePairs(block: Uint8Array): Columns {
  return decode(block) as Columns;
}

export function decodeRows(block: Uint8Array): unknown[] {
  const content = decode(block);
  if ("rows" in content) return content.rows;
  const { keys, values } = content;
  return keys.map((key, i) => [key, values[i]]);
}

/** A block whose text is only passed on as UTF-8: whole columns of text are views of the block, other text is strings. */
export function decodeUtf8(block: Uint8Array): Columns | { readonly rows: readonly unknown[] } {
  return decode(block, "utf8");
}
