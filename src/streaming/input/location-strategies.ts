import type { LocationStrategy } from "../../kafka/types.ts";

/**
 * Spark's words for which worker reads a partition. They are accepted and change nothing: on Spark its Kafka source keeps a
 * partition on one executor where it can, which is PreferConsistent; on this machine every worker is as near as any other.
 */
export const LocationStrategies = {
  PreferConsistent: { kind: "consistent" },
  PreferBrokers: { kind: "brokers" },
  /** Partitions, each `topic-partition`, and their hosts. */
  PreferFixed: (hosts: Readonly<Record<string, string>>): LocationStrategy => ({ kind: "fixed", hosts }),
} as const satisfies Record<string, LocationStrategy | ((hosts: Readonly<Record<string, string>>) => LocationStrategy)>;
