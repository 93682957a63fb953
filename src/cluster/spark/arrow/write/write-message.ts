import type { Field, FieldType } from "../field.ts";
import { continuation, headerTypes, metadataVersion, padded, typeNames } from "../ipc-format.ts";
import {
  type FlatObject,
  type FlatValue,
  int16,
  int32,
  int64,
  reference,
  table,
  uint8,
  writeFlatbuffer,
} from "./flat-builder.ts";

// The order of fields in the tables below is that of the slots in ipc-format.ts.

/** A piece of a body: one or more parts that follow each other. */
export type BodyPiece = readonly Uint8Array[];

/** Rows and nulls of a column. */
export type ColumnNode = readonly [rows: number, nulls: number];

const zeros = Buffer.alloc(8);

/** Ends a stream. */
export const streamEnd: Buffer = Buffer.from([255, 255, 255, 255, 0, 0, 0, 0]);

/** The message that begins a stream. */
export function schemaMessage(fields: readonly Field[]): Buffer {
  const schema = table(undefined, reference({ kind: "tables", items: fields.map(fieldTable) }));
  return message(headerTypes.schema, schema, 0);
}

/** The message of a batch: its pieces are referred to, not copied. */
export function batchMessage(rows: number, nodes: readonly ColumnNode[], pieces: readonly BodyPiece[]): Uint8Array[] {
  const body: Uint8Array[] = [];
  const places: [number, number][] = [];
  let end = 0;
  for (const piece of pieces) {
    const length = piece.reduce((sum, part) => sum + part.length, 0);
    places.push([end, length]);
    end += padded(length);
    for (const part of piece) body.push(part);
    if (padded(length) > length) body.push(zeros.subarray(0, padded(length) - length));
  }
  const batch = table(
    int64(rows),
    reference({ kind: "pairs", pairs: nodes }),
    reference({ kind: "pairs", pairs: places }),
  );
  return [message(headerTypes.recordBatch, batch, end), ...body.filter((part) => part.length > 0)];
}

/** The prefix and the metadata. */
function message(headerType: number, header: FlatObject, bodyLength: number): Buffer {
  const metadata = writeFlatbuffer(
    table(int16(metadataVersion), uint8(headerType), reference(header), int64(bodyLength)),
  );
  const bytes = Buffer.alloc(padded(8 + metadata.length));
  bytes.writeInt32LE(continuation, 0);
  bytes.writeInt32LE(bytes.length - 8, 4);
  metadata.copy(bytes, 8);
  return bytes;
}

function fieldTable(field: Field): FlatObject {
  const { name, type } = wireType(field.type);
  return table(
    reference({ kind: "string", text: field.name }),
    uint8(1),
    uint8(typeNames.indexOf(name)),
    reference(type),
    undefined,
    reference({ kind: "tables", items: field.children.map(fieldTable) }),
  );
}

function wireType(type: FieldType): { readonly name: (typeof typeNames)[number]; readonly type: FlatObject } {
  const signed: FlatValue = uint8(1);
  switch (type) {
    case "int32":
      return { name: "Int", type: table(int32(32), signed) };
    case "int64":
      return { name: "Int", type: table(int32(64), signed) };
    case "binary":
      return { name: "Binary", type: table() };
    case "utf8":
      return { name: "Utf8", type: table() };
    case "bool":
      return { name: "Bool", type: table() };
    case "list":
      return { name: "List", type: table() };
    case "struct":
      return { name: "Struct", type: table() };
  }
}
