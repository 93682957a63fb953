import { kafkaErrors } from "../../../kafka/protocol/kafka-error-codes.ts";

/** Clients before some version know only the older name of being fenced. */
export function fencedBefore(firstVersion: number, version: number, errorCode: number): number {
  return errorCode === kafkaErrors.PRODUCER_FENCED.code && version < firstVersion
    ? kafkaErrors.INVALID_PRODUCER_EPOCH.code
    : errorCode;
}
