/** The types that this project reads from Spark. Text and binary differ in name only: both are bytes with an offset. */
export type FieldType = "bool" | "int32" | "int64" | "utf8" | "binary" | "list" | "struct";

/** A column of a schema. Lists have one child, their items; structs have their members. */
export interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly children: readonly Field[];
}
