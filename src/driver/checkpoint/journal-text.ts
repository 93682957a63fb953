import { crc32c } from "../../bytes/crc32c.ts";
import { DStreamError } from "../../errors/dstream-error.ts";

// The journal is a text of lines: eight hexadecimal digits of the CRC-32C of the rest, a blank, a record as JSON. A person can
// read it, and a damaged line is told from a whole one. A record says in which append it was written, and which of its lines it is.

/** The number of an append in its file, the place of a line in it from 1, its lines. */
type Place = readonly [append: number, line: number, lines: number];

/** What to do about a checkpoint that cannot be read. */
export const restoreAdvice = "restore the folder from a copy, or begin with an empty one";

/** The lines of records, which are written together. `append`: the number of this append, one more than the last one's. */
export function encodeRecords(records: readonly object[], append?: number): Buffer {
  const lines = records.map((record, i) => {
    const place: Place | undefined = append === undefined ? undefined : [append, i + 1, records.length];
    const json = JSON.stringify(place === undefined ? record : { append: place, ...record });
    return `${crc32c(Buffer.from(json)).toString(16).padStart(8, "0")} ${json}\n`;
  });
  return Buffer.from(lines.join(""));
}

interface Line {
  /** Undefined for lines of earlier versions: each counts as an append. */
  readonly place: Place | undefined;
  readonly record: object;
}

/**
 * The records of a journal. A process that dies while it appends leaves a torn end, and a machine any part of what was appended last:
 * nothing was built on it, so the whole append is left out. Once a later append has begun the one before is on the medium, so damage
 * before that is no torn end. It is refused.
 *
 * @throws CHECKPOINT_CORRUPT
 */
export function decodeRecords(text: Uint8Array, path: string): unknown[] {
  const records: object[] = [];
  let current = { append: -1, lines: 0, records: [] as object[] };
  let tornAt: number | undefined;
  for (const [i, line] of linesOf(text).entries()) {
    if (line === undefined) {
      tornAt ??= i + 1;
      continue;
    }
    const [append, at, lines] = line.place ?? [current.append + 1, 1, 1];
    if (append !== current.append) {
      const isWhole = current.records.length === current.lines && append === current.append + 1;
      // Lines that are missing before one that is not its append's first are that append's own.
      if (!isWhole || (tornAt !== undefined && at === 1)) throw damagedBefore(path, tornAt ?? i + 1, append);
      records.push(...current.records);
      current = { append, lines, records: [] };
    }
    if (tornAt === undefined && at === current.records.length + 1) current.records.push(line.record);
    else tornAt ??= i + 1;
  }
  if (current.records.length === current.lines) records.push(...current.records);
  return records;
}

function damagedBefore(path: string, line: number, append: number): DStreamError {
  const text = `line ${line} of ${path} is damaged or missing, and append ${append}, which was made later, is there; ${restoreAdvice}`;
  return new DStreamError("CHECKPOINT_CORRUPT", text, { data: { path, line } });
}

/** Undefined for each damaged line. */
function linesOf(text: Uint8Array): (Line | undefined)[] {
  const lines: (Line | undefined)[] = [];
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf(0x0a, start);
    lines.push(newline === -1 ? undefined : decodeLine(text.subarray(start, newline)));
    start = newline === -1 ? text.length : newline + 1;
  }
  return lines;
}

function decodeLine(line: Uint8Array): Line | undefined {
  const json = line.subarray(9);
  const sum = Buffer.from(line.subarray(0, 8)).toString("latin1");
  if (line[8] !== 0x20 || !/^[0-9a-f]{8}$/.test(sum) || Number.parseInt(sum, 16) !== crc32c(json)) return undefined;
  try {
    const { append, ...record } = JSON.parse(Buffer.from(json).toString("utf8")) as { readonly append?: Place };
    return { place: Array.isArray(append) ? append : undefined, record };
  } catch {
    // No text that was ever written here.
    return undefined;
  }
}
