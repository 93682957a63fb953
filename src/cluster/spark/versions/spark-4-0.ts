import { spark41 } from "./spark-4-1.ts";
import type { SparkDialect } from "./spark-dialect.ts";

export const spark40: SparkDialect = { ...spark41, version: "4.0", contextPort: "always", placement: "hash" };
