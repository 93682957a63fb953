import type { SparkDialect } from "./spark-dialect.ts";

/** The newest that is known, as it is. That a task's description comes as one message is seen in its first bytes. */
export const spark43: SparkDialect = {
  version: "4.3",
  context: "json",
  contextPort: "barrier",
  hasFunctionConfig: true,
  hasProfiler: false,
  profileIds: "all",
  hasArgumentNames: true,
  taskTimes: 4,
  errorCharactersMax: undefined,
  replacesEndedWorkers: true,
  scala: "2.13",
  placement: "direct",
  releasesSessions: true,
  tellsCauses: true,
  tellsProgress: true,
  refusesKnownFiles: false,
};
