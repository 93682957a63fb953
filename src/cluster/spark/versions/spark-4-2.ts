import { spark43 } from "./spark-4-3.ts";
import type { SparkDialect } from "./spark-dialect.ts";

export const spark42: SparkDialect = { ...spark43, version: "4.2" };
