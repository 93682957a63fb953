// Numbers of the Arrow IPC format (Schema.fbs and Message.fbs), as far as they are used here. A field of a flatbuffer table is
// found by its slot: its position among the table's declared fields.

/** Precedes the length of each message. */
export const continuation = -1;

/** Message.version: V5, the only one since Arrow 1.0. */
export const metadataVersion = 4;

export const messageSlots = { version: 0, headerType: 1, header: 2, bodyLength: 3 } as const;
export const headerTypes = { schema: 1, dictionaryBatch: 2, recordBatch: 3 } as const;
export const schemaSlots = { endianness: 0, fields: 1 } as const;
export const fieldSlots = { name: 0, nullable: 1, typeType: 2, type: 3, dictionary: 4, children: 5 } as const;
export const intSlots = { bitWidth: 0, isSigned: 1 } as const;
export const recordBatchSlots = { length: 0, nodes: 1, buffers: 2, compression: 3 } as const;

/** The union Type: position of each name is its number. */
export const typeNames = [
  "None",
  "Null",
  "Int",
  "FloatingPoint",
  "Binary",
  "Utf8",
  "Bool",
  "Decimal",
  "Date",
  "Time",
  "Timestamp",
  "Interval",
  "List",
  "Struct",
  "Union",
  "FixedSizeBinary",
  "FixedSizeList",
  "Map",
  "Duration",
  "LargeBinary",
  "LargeUtf8",
  "LargeList",
  "RunEndEncoded",
  "BinaryView",
  "Utf8View",
  "ListView",
  "LargeListView",
] as const;

/** Pieces of a body begin at multiples of this. */
export const bodyAlignment = 8;

export function padded(length: number): number {
  return Math.ceil(length / bodyAlignment) * bodyAlignment;
}
