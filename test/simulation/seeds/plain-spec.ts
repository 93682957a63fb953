import type { RunSpec } from "../run-spec.ts";

/** A short run in which nothing happens. */
export const plainSpec: RunSpec = {
  seed: 1,
  job: "totals",
  brokers: 1,
  stateStore: "memory",
  partitions: 2,
  outPartitions: 1,
  batchInterval: 5_000,
  maxRatePerPartition: undefined,
  threads: 0,
  driverHosts: 1,
  producers: "idempotent",
  keys: 3,
  records: 30,
  chaosMs: 30_000,
  doubleCloseOneIn: 0,
  faults: [],
};
