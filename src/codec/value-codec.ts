import { addExtension, Packr } from "msgpackr";
import { DStreamError } from "../errors/dstream-error.ts";
import { plainValue } from "./plain-value.ts";
import { MapEntries, NegativeZero, SparseArray } from "./stand-ins.ts";

// Values travel as MessagePack, by msgpackr: undefined and null stay apart, and dates, big integers, bytes, maps, sets, typed
// arrays and errors keep their type. Records (a compression of msgpackr's own) are off, since their bytes depend on what was
// encoded before, and bytes must be a pure function of the value.

/** Part of the checkpoint format. */
const extensions = { map: 0x4d, negativeZero: 0x5a, sparseArray: 0x48 } as const;
addExtension({
  Class: MapEntries,
  type: extensions.map,
  write: (map: MapEntries) => map.entries,
  read: (entries: [unknown, unknown][]) => new Map(entries),
});
addExtension({ Class: NegativeZero, type: extensions.negativeZero, write: () => 0, read: () => -0 });
addExtension({
  Class: SparseArray,
  type: extensions.sparseArray,
  write: ({ length, elements }: SparseArray) => [length, elements],
  read: ([length, elements]: [number, [number, unknown][]]) => {
    const values: unknown[] = new Array(length);
    for (const [i, element] of elements) values[i] = element;
    return values;
  },
});
// Objects have any number of properties, and one named toJSON is a property like others.
const packr = new Packr({
  useRecords: false,
  copyBuffers: true,
  moreTypes: true,
  variableMapSize: true,
  useToJSON: false,
});

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
