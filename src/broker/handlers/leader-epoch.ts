import { kafkaErrors } from "../../kafka/protocol/kafka-error-codes.ts";

/** One node leads everything, from the beginning. */
export const leaderEpoch = 0;

/** Kafka's error for a leader epoch that a client believes in, or 0. −1: it believes nothing. */
export function leaderEpochProblem(believed: number): number {
  if (believed < 0 || believed === leaderEpoch) return 0;
  return kafkaErrors.UNKNOWN_LEADER_EPOCH.code;
}
