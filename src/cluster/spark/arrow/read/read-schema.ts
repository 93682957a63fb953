import { DStreamError } from "../../../../errors/dstream-error.ts";
import { ArrowError } from "../arrow-error.ts";
import type { Field, FieldType } from "../field.ts";
import { fieldSlots, intSlots, schemaSlots, typeNames } from "../ipc-format.ts";
import type { FlatTable } from "./flat-table.ts";

/** @throws NOT_SUPPORTED, naming the column and its type. */
export function readSchema(schema: FlatTable): Field[] {
  if (schema.int16(schemaSlots.endianness) !== 0) throw new ArrowError("the stream is big-endian");
  return schema.tables(schemaSlots.fields).map((field) => readField(field));
}

function readField(field: FlatTable): Field {
  const name = field.string(fieldSlots.name);
  if (field.has(fieldSlots.dictionary)) throw notSupported(name, "dictionary-encoded");
  const type = readType(name, field);
  const children = field.tables(fieldSlots.children).map(readField);
  if (type === "list" && children.length !== 1) throw new ArrowError(`list ${name} has ${children.length} children`);
  return { name, type, children };
}

function readType(name: string, field: FlatTable): FieldType {
  const typeName = typeNames[field.uint8(fieldSlots.typeType)] ?? "unknown";
  switch (typeName) {
    case "Int":
      return readInt(name, field);
    case "Binary":
    case "Utf8":
    case "Bool":
    case "List":
    case "Struct":
      return typeName.toLowerCase() as FieldType;
    default:
      throw notSupported(name, typeName);
  }
}

function readInt(name: string, field: FlatTable): FieldType {
  const int = field.table(fieldSlots.type);
  const bits = int?.int32(intSlots.bitWidth) ?? 0;
  const signed = int?.uint8(intSlots.isSigned) === 1;
  if (signed && bits === 32) return "int32";
  if (signed && bits === 64) return "int64";
  throw notSupported(name, `${signed ? "a signed" : "an unsigned"} integer of ${bits} bits`);
}

function notSupported(name: string, type: string): DStreamError {
  const hint = type.startsWith("Large") ? "; set spark.sql.execution.arrow.useLargeVarTypes to false" : "";
  return new DStreamError("NOT_SUPPORTED", `column ${name} is ${type}, which is not read${hint}`, {
    data: { column: name, type },
  });
}
