import type { BlockReader } from "./block-reader.ts";
import type { BlockWriter } from "./block-writer.ts";
import { decodeValue, encodeValue } from "./value-codec.ts";

// A column is many values of one position. Most columns are all strings or all numbers; these skip the general codec.

const kinds = { packed: 0, strings: 1, int32s: 2, float64s: 3 } as const;

export function writeColumn(writer: BlockWriter, values: readonly unknown[]): void {
  const kind = kindOf(values);
  writer.byte(kind);
  if (kind === kinds.strings) writer.strings(values);
  else if (kind === kinds.int32s) writer.int32s(values);
  else if (kind === kinds.float64s) writer.float64s(values);
  else writer.raw(encodeValue(values));
}

/** What text that makes up a whole column is read as: strings, or views of its UTF-8 in the block. */
export type TextAs = "string" | "utf8";

export function readColumn(reader: BlockReader, count: number, textAs: TextAs = "string"): unknown[] {
  const kind = reader.byte();
  if (kind === kinds.strings) return textAs === "utf8" ? reader.utf8(count) : reader.strings(count);
  if (kind === kinds.int32s) return reader.int32s(count);
  if (kind === kinds.float64s) return reader.float64s(count);
  return decodeValue(reader.raw()) as unknown[];
}

function kindOf(values: readonly unknown[]): number {
  const first = typeof values[0];
  if (first === "string") return values.every((value) => typeof value === "string") ? kinds.strings : kinds.packed;
  if (first !== "number") return kinds.packed;
  let kind: number = kinds.int32s;
  for (const value of values) {
    if (typeof value !== "number") return kinds.packed;
    if ((value | 0) !== value || Object.is(value, -0)) kind = kinds.float64s;
  }
  return kind;
}
