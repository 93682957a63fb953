import { kafkaErrors } from "../../../kafka/protocol/kafka-error-codes.ts";
import type { PartitionLog } from "../../log/partition-log.ts";

/** Kafka's error for a leader epoch that a client believes in, or 0. −1: it believes nothing. */
export function leaderEpochProblem(believed: number, { epochs }: PartitionLog): number {
  if (believed < 0 || believed === epochs.current) return 0;
  return believed < epochs.current ? kafkaErrors.FENCED_LEADER_EPOCH.code : kafkaErrors.UNKNOWN_LEADER_EPOCH.code;
}
