import { crc32c } from "../../bytes/crc32c.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import type { StateFile } from "./state-file.ts";

// A state file: magic and format version (8 bytes; 2 where sections are sorted, else 1); sections, one after the other; the index, as JSON; a trailer of 16 bytes
// with where the index begins (8), its length (4), and the CRC-32C of magic, index and the trailer's first 12 bytes (4).
// Numbers are little-endian. The index comes last so that a large state is written as it is encoded, in one pass.

const latestFormat = 2;
export const preambleLength = 8;
export const trailerLength = 16;
const magic = Buffer.from("DSST", "latin1");

/** Where a bucket's section is. */
export interface SectionPlace {
  readonly bucket: number;
  readonly entries: number;
  readonly offset: number;
  readonly length: number;
  /** Of the section; where it is sorted of its directory, which has those of its groups. */
  readonly crc: number;
  /** Bytes of the directory that a sorted section ends with. */
  readonly directory?: number;
}

export interface StateFileIndex {
  readonly kind: string;
  readonly operator: string;
  readonly time: number;
  readonly buckets: number;
  readonly from: number;
  readonly until: number;
  readonly layout?: StateFile["layout"];
  readonly sections: readonly SectionPlace[];
}

export function preamble(layout: StateFile["layout"]): Buffer {
  const bytes = Buffer.alloc(preambleLength);
  magic.copy(bytes);
  bytes.writeUInt16LE(layout === "sorted" ? 2 : 1, magic.length);
  return bytes;
}

/** Index and trailer for a file whose sections end at `offset`, with the checksum that the trailer ends with. */
export function encodeEnd(index: StateFileIndex, offset: number): { readonly bytes: Buffer; readonly crc: number } {
  const json = Buffer.from(JSON.stringify(index), "utf8");
  const trailer = Buffer.alloc(trailerLength);
  trailer.writeBigUInt64LE(BigInt(offset), 0);
  trailer.writeUInt32LE(json.length, 8);
  const crc = checksum(preamble(index.layout), json, trailer);
  trailer.writeUInt32LE(crc, 12);
  return { bytes: Buffer.concat([json, trailer]), crc };
}

/** Where the index is. @throws CHECKPOINT_CORRUPT, CHECKPOINT_TOO_NEW */
export function indexPlace(
  file: StateFile,
  start: Uint8Array,
  trailer: Uint8Array,
): { offset: number; length: number } {
  const head = Buffer.from(start);
  if (head.length < preambleLength || !head.subarray(0, magic.length).equals(magic))
    throw corrupt(file, "has no magic number");
  const version = head.readUInt16LE(magic.length);
  if (version > latestFormat) {
    const text = `state file ${file.id} has format ${version}; this version reads up to ${latestFormat}`;
    throw new DStreamError("CHECKPOINT_TOO_NEW", text, { data: { file: file.id, format: version } });
  }
  const end = Buffer.from(trailer);
  if (end.length < trailerLength) throw corrupt(file, "has no trailer");
  const offset = Number(end.readBigUInt64LE(0));
  const length = end.readUInt32LE(8);
  if (offset + length + trailerLength !== file.length) throw corrupt(file, "has an index that does not fit its length");
  return { offset, length };
}

/** The verified index. @throws CHECKPOINT_CORRUPT */
export function decodeIndex(file: StateFile, start: Uint8Array, json: Uint8Array, trailer: Uint8Array): StateFileIndex {
  const crc = checksum(start, json, trailer);
  if (crc !== file.crc || crc !== Buffer.from(trailer).readUInt32LE(12)) throw corrupt(file, "has a wrong checksum");
  const index = JSON.parse(Buffer.from(json).toString("utf8")) as StateFileIndex;
  for (const name of ["kind", "operator", "time", "buckets", "from", "until", "layout"] as const) {
    if (index[name] !== file[name]) throw corrupt(file, `says ${name} ${index[name]} where ${file[name]} is expected`);
  }
  return index;
}

/** Sections that were read are what was written. @throws CHECKPOINT_CORRUPT */
export function checkSection(file: StateFile, place: SectionPlace, bytes: Uint8Array): void {
  if (bytes.length !== place.length || crc32c(bytes) !== place.crc) {
    throw corrupt(file, `has a damaged section for bucket ${place.bucket}`);
  }
}

export function corrupt({ id, operator }: StateFile, what: string, cause?: unknown): DStreamError {
  const text = `state file ${id} of ${operator} ${what}`;
  return new DStreamError("CHECKPOINT_CORRUPT", text, { cause, data: { file: id, operator } });
}

function checksum(start: Uint8Array, json: Uint8Array, trailer: Uint8Array): number {
  return crc32c(Buffer.concat([start, json, trailer.subarray(0, 12)]));
}
