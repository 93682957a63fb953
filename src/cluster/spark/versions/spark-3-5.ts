import { spark40 } from "./spark-4-0.ts";
import type { SparkDialect } from "./spark-dialect.ts";

export const spark35: SparkDialect = {
  ...spark40,
  version: "3.5",
  hasProfiler: false,
  profileIds: "none",
  // Spark cuts the whole message to 2,048, with its own words before the worker's.
  errorCharactersMax: 1_500,
  replacesEndedWorkers: false,
  scala: "2.12",
  releasesSessions: false,
  tellsCauses: false,
  tellsProgress: false,
  refusesKnownFiles: true,
};
