import { type BatchPosition, corruptBatch } from "./batch-error.ts";
import type { RecordColumns } from "./record-columns.ts";
import { decodeZigzag, readRawVarint, varint } from "./varint.ts";

/** Name and value, in the order of the record; names may repeat. */
export type RecordHeaders = readonly (readonly [string, Uint8Array | null])[];

const noHeaders: RecordHeaders = [];

/** The headers of record `i`, decoded on demand since few readers want them. Values are views. @throws CORRUPT_BATCH */
export function decodeHeaders(columns: RecordColumns, i: number, at: BatchPosition): RecordHeaders {
  const count = columns.headerCount[i] as number;
  if (count === 0) return noHeaders;
  const { bytes } = columns;
  const end = columns.headersEnd[i] as number;
  const headers: [string, Uint8Array | null][] = [];
  let position = columns.headersStart[i] as number;
  for (let n = 0; n < count; n++) {
    const nameLength = decodeZigzag(readRawVarint(bytes, position));
    const nameStart = varint.end;
    const nameEnd = nameStart + nameLength;
    if (nameLength < 0 || nameEnd >= end) throw damaged(columns, i, n, at);
    const rawValueLength = readRawVarint(bytes, nameEnd);
    const valueLength = decodeZigzag(rawValueLength);
    const valueStart = varint.end;
    position = valueStart + Math.max(valueLength, 0);
    if (rawValueLength < 0 || position > end) throw damaged(columns, i, n, at);
    const value = valueLength < 0 ? null : bytes.subarray(valueStart, position);
    headers.push([bytes.toString("utf8", nameStart, nameEnd), value]);
  }
  if (position !== end) throw damaged(columns, i, count, at);
  return headers;
}

/** Looks at the headers of all records. @throws CORRUPT_BATCH */
export function checkHeaders(columns: RecordColumns, at: BatchPosition): void {
  for (let i = 0; i < columns.count; i++) decodeHeaders(columns, i, at);
}

function damaged(columns: RecordColumns, i: number, header: number, at: BatchPosition): Error {
  const offset = at.offset + (columns.offsetDelta[i] as number);
  return corruptBatch(at, offset, `header ${header} of the record at this offset is damaged`);
}
