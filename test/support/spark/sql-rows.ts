import { create } from "@bufbuild/protobuf";
import { type Relation, RelationSchema } from "../../../src/cluster/spark/connect/gen/spark-connect.ts";
import { sqlExpression } from "../../../src/cluster/spark/connect/plan/expressions.ts";

/** A relation out of nothing but SQL: one row, or several by explode(…). */
export function sqlRows(...columns: readonly string[]): Relation {
  return create(RelationSchema, {
    common: {},
    relType: { case: "project", value: { expressions: columns.map(sqlExpression) } },
  });
}

/** SQL that takes its time, a row, in the task that makes the row. */
export function sleepColumn(sleepMs: number): string {
  return `java_method('java.lang.Thread', 'sleep', bigint(${sleepMs})) as slept`;
}
