import { crc32 } from "node:zlib";
import { type Block, encodeRows } from "../codec/block.ts";

/** Rows that driver and workers have alike, since both run the code that made them: by partition, in blocks. */
export interface LiteralRows {
  readonly partitions: readonly (readonly Block[])[];
  readonly numRows: number;
  /** Of all blocks, so that rows that are not alike are noticed. */
  readonly crc: number;
}

/** @throws VALUE_NOT_ENCODABLE */
export function literalRows(partitions: Iterable<Iterable<unknown>>): LiteralRows {
  let crc = 0;
  let numRows = 0;
  const blocks = Array.from(partitions, (partition) => {
    const rows = [...partition];
    numRows += rows.length;
    const encoded = rows.length === 0 ? [] : [encodeRows(rows)];
    for (const block of encoded) crc = crc32(block, crc);
    return encoded;
  });
  return { partitions: blocks, numRows, crc };
}
