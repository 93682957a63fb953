import { kafkaErrors } from "../../../kafka/protocol/kafka-error-codes.ts";
import type { PartitionLog } from "../../log/partition-log.ts";

type LedLog = Pick<PartitionLog, "leaderEpoch" | "isLeader">;

/** Kafka's error for a client that believes this to be the leader of an epoch, or 0. −1: it believes in no epoch. */
export function leaderProblem(believed: number, { leaderEpoch, isLeader }: LedLog): number {
  if (believed >= 0 && believed < leaderEpoch) return kafkaErrors.FENCED_LEADER_EPOCH.code;
  if (believed > leaderEpoch) return kafkaErrors.UNKNOWN_LEADER_EPOCH.code;
  return isLeader ? 0 : kafkaErrors.NOT_LEADER_OR_FOLLOWER.code;
}
