import { spark42 } from "./spark-4-2.ts";
import type { SparkDialect } from "./spark-dialect.ts";

export const spark41: SparkDialect = {
  ...spark42,
  version: "4.1",
  context: "values",
  hasFunctionConfig: false,
  hasProfiler: true,
  profileIds: "profiled",
  hasArgumentNames: false,
  taskTimes: 3,
};
