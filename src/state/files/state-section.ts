import { BlockReader } from "../../codec/block-reader.ts";
import { BlockWriter } from "../../codec/block-writer.ts";
import { readColumn, writeColumn } from "../../codec/column.ts";
import type { StoredValue } from "../stored-value.ts";

/**
 * The entries of one bucket in a file, as columns. `ranks` are their places in the order of all entries of the file: state
 * that is loaded iterates in the order in which it would have been had it never left memory, so that a task's output does not
 * depend on which worker runs it.
 */
export interface SectionContent {
  readonly ranks: readonly number[];
  readonly keys: readonly unknown[];
  readonly values: readonly StoredValue[];
  /** Keys whose state was removed; none in a snapshot. */
  readonly removed: readonly unknown[];
}

const writer = new BlockWriter();

export function encodeSection({ ranks, keys, values, removed }: SectionContent): Uint8Array {
  try {
    writer.uint32(keys.length);
    writer.uint32(removed.length);
    for (const column of [ranks, keys, values, removed]) writeColumn(writer, column);
  } catch (error) {
    writer.take();
    throw error;
  }
  return writer.take();
}

/** The content of bytes that `encodeSection` made and whose checksum was verified. */
export function decodeSection(bytes: Uint8Array): SectionContent {
  const reader = new BlockReader(bytes);
  const count = reader.uint32();
  const removedCount = reader.uint32();
  const ranks = readColumn(reader, count) as number[];
  const keys = readColumn(reader, count);
  const values = readColumn(reader, count) as StoredValue[];
  return { ranks, keys, values, removed: readColumn(reader, removedCount) };
}
