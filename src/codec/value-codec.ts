import { addExtension, Packr } from "msgpackr";
import { DStreamError } from "../errors/dstream-error.ts";
import { MapEntries, plainValue } from "./plain-value.ts";

// Values travel as MessagePack, by msgpackr: undefined and null stay apart, and dates, big integers, bytes, maps, sets, typed
// arrays and errors keep their type. Records (a compression of msgpackr's own) are off, since their bytes depend on what was
// encoded before, and bytes must be a pure function of the value.

const mapExtension = 0x4d;
addExtension({
  Class: MapEntries,
  type: mapExtension,
  write: (map: MapEntries) => map.entries,
  read: (entries: [unknown, unknown][]) => new Map(entries),
});
const packr = new Packr({ useRecords: false, copyBuffers: true, moreTypes: true });

/** The bytes of a value. @throws VALUE_NOT_ENCODABLE for functions, symbols, cycles and the like. */
export function encodeValue(value: unknown): Uint8Array {
  try {
    return packr.pack(plainValue(value));
  } catch (error) {
    if (error instanceof DStreamError) throw error;
    throw new DStreamError("VALUE_NOT_ENCODABLE", "a value cannot be encoded", { cause: error });
  }
}

/** The value of bytes that `encodeValue` made. */
export function decodeValue(bytes: Uint8Array): unknown {
  return packr.unpack(bytes);
}
