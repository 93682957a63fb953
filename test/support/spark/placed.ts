import type { Relation } from "../../../src/cluster/spark/connect/gen/spark-connect.ts";
import { alias, sqlExpression } from "../../../src/cluster/spark/connect/plan/expressions.ts";
import { project, repartition } from "../../../src/cluster/spark/connect/plan/relations.ts";
import { placementKeys } from "../../../src/cluster/spark/versions/placement-keys.ts";
import type { SparkDialect } from "../../../src/cluster/spark/versions/spark-dialect.ts";
import { sqlRows } from "./sql-rows.ts";

/** A row for each of these partition numbers, in its partition out of `numPartitions`; the number is the column `p`. */
export function placed(partitions: readonly number[], numPartitions: number, dialect: SparkDialect): Relation {
  const rows = sqlRows(`explode(array(${partitions.join(", ")})) as p`);
  const keys = [...placementKeys(numPartitions)].join(", ");
  const place = dialect.placement === "hash" ? `element_at(array(${keys}), p + 1)` : "p";
  const withPlace = project(rows, [sqlExpression("p"), alias(sqlExpression(place), "place")]);
  return project(repartition(withPlace, numPartitions, "place", dialect), [sqlExpression("p")]);
}
