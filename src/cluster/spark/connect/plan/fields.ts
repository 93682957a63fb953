// Columns as plain data: a name and a type's name, to and from Spark's own description of a schema.
import { create } from "@bufbuild/protobuf";
import { type DataType, DataTypeSchema } from "../gen/spark-connect.ts";

/** The types that rows of a query may have on their way to and from our functions. */
export type FieldType = "binary" | "boolean" | "integer" | "long" | "double" | "string" | "timestamp";

export interface Field {
  readonly name: string;
  /** "unknown" for a type this client has no name for; never in what it sends. */
  readonly type: FieldType | "array" | "struct" | "null" | "unknown";
  readonly nullable: boolean;
}

/** A struct of nullable fields. */
export function structType(fields: readonly { readonly name: string; readonly type: FieldType }[]): DataType {
  return create(DataTypeSchema, {
    kind: {
      case: "struct",
      value: {
        fields: fields.map(({ name, type }) => ({
          name,
          nullable: true,
          dataType: { kind: { case: type, value: {} } as DataType["kind"] },
        })),
      },
    },
  });
}

/** The fields of a relation's schema, which always is a struct. */
export function fieldsOf(schema: DataType | undefined): Field[] {
  if (schema?.kind.case !== "struct") return [];
  return schema.kind.value.fields.map(({ name, dataType, nullable }) => ({
    name,
    type: dataType?.kind.case ?? "unknown",
    nullable,
  }));
}
