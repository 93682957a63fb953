import { DStreamError } from "../../errors/dstream-error.ts";
import { crc32c } from "../../kafka/record-batch/crc32c.ts";

// The journal is a text of lines: eight hexadecimal digits of the CRC-32C of the rest, a blank, a record as JSON. A person can
// read it, and a damaged line is told from a whole one.

export function encodeRecords(records: readonly object[]): Buffer {
  const lines = records.map((record) => {
    const json = JSON.stringify(record);
    return `${crc32c(Buffer.from(json)).toString(16).padStart(8, "0")} ${json}\n`;
  });
  return Buffer.from(lines.join(""));
}

/**
 * The records of a journal. A process that dies while it appends leaves a torn end: the rest behind the last whole line is not
 * a record that anything was built on, and is left out. Damage before a whole line is refused.
 *
 * @throws CHECKPOINT_CORRUPT
 */
export function decodeRecords(text: Uint8Array, path: string): unknown[] {
  const records: unknown[] = [];
  let damagedAt: number | undefined;
  for (let start = 0, line = 1; start < text.length; line++) {
    const newline = text.indexOf(0x0a, start);
    const end = newline === -1 ? text.length : newline;
    const record = newline === -1 ? undefined : decodeLine(text.subarray(start, end));
    if (record === undefined) damagedAt ??= line;
    else if (damagedAt !== undefined) {
      const where = `line ${damagedAt} of ${path} is damaged and whole lines follow it`;
      throw new DStreamError("CHECKPOINT_CORRUPT", where, { data: { path, line: damagedAt } });
    } else records.push(record);
    start = end + 1;
  }
  return records;
}

function decodeLine(line: Uint8Array): unknown {
  const json = line.subarray(9);
  const sum = Buffer.from(line.subarray(0, 8)).toString("latin1");
  if (line[8] !== 0x20 || !/^[0-9a-f]{8}$/.test(sum) || Number.parseInt(sum, 16) !== crc32c(json)) return undefined;
  return JSON.parse(Buffer.from(json).toString("utf8"));
}
