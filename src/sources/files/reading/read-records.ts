import { DStreamError } from "../../../errors/dstream-error.ts";
import type { ReadFile } from "../../../plan/graph/nodes/source.ts";
import { readBytes } from "./read-bytes.ts";

const chunkBytes = 256 * 1024;

/** Reads a file as records of `recordLength` bytes. @throws FILE_UNAVAILABLE, also when the last record is not whole. */
export function readRecordsOf(recordLength: number): ReadFile {
  const perChunk = Math.max(1, Math.floor(chunkBytes / recordLength));
  return async function* (file, files) {
    const { path, length } = file;
    if (length % recordLength !== 0) {
      const text = `${path} has ${length} bytes, which is no multiple of the record length ${recordLength}`;
      throw new DStreamError("FILE_UNAVAILABLE", text, { data: { path, length, recordLength } });
    }
    // A read may give less than it was asked for, so records are cut from what has come together.
    let rest: Uint8Array = new Uint8Array(0);
    for await (const chunk of readBytes(file, perChunk * recordLength, files)) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const whole = bytes.length - (bytes.length % recordLength);
      const records: Uint8Array[] = [];
      for (let at = 0; at < whole; at += recordLength) records.push(bytes.slice(at, at + recordLength));
      rest = bytes.subarray(whole);
      yield records;
    }
  };
}
