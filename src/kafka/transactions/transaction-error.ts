import { DStreamError } from "../../errors/dstream-error.ts";
import { isNotAllowed, kafkaErrorName, kafkaErrors } from "../protocol/kafka-error-codes.ts";

const fencing: readonly number[] = [
  kafkaErrors.PRODUCER_FENCED.code,
  kafkaErrors.INVALID_PRODUCER_EPOCH.code,
  kafkaErrors.INVALID_PRODUCER_ID_MAPPING.code,
];

/** A group's own members keep others from committing offsets. */
const ofMembers: readonly number[] = [
  kafkaErrors.UNKNOWN_MEMBER_ID.code,
  kafkaErrors.ILLEGAL_GENERATION.code,
  kafkaErrors.REBALANCE_IN_PROGRESS.code,
  kafkaErrors.FENCED_INSTANCE_ID.code,
  kafkaErrors.STALE_MEMBER_EPOCH.code,
];

/**
 * The error for a broker's answer to a request of a transaction: PRODUCER_FENCED, AUTHENTICATION_FAILED, INVALID_OPTION for a
 * timeout that it does not allow; anything else may pass with another transaction.
 */
export function transactionError(errorCode: number, what: string, transactionalId: string): DStreamError {
  const error = kafkaErrorName(errorCode);
  const data = { transactionalId, error };
  const text = `${what} of the transactional id "${transactionalId}" was answered with ${error}`;
  if (fencing.includes(errorCode)) {
    return new DStreamError("PRODUCER_FENCED", `${text}: another producer has taken over, or the broker ended it`, {
      data,
    });
  }
  if (errorCode === kafkaErrors.INVALID_TRANSACTION_TIMEOUT.code) {
    const limit = "lower transactionTimeout, or raise the broker's transaction.max.timeout.ms";
    return new DStreamError("INVALID_OPTION", `${text}; ${limit}`, { data: { ...data, option: "transactionTimeout" } });
  }
  if (isNotAllowed(errorCode)) return new DStreamError("AUTHENTICATION_FAILED", text, { data });
  if (ofMembers.includes(errorCode)) {
    const option = "transactionalId";
    const advice = "the group of that name has members of its own, such as a consumer; choose another transactionalId";
    return new DStreamError("INVALID_OPTION", `${text}; ${advice}`, { data: { ...data, option } });
  }
  return new DStreamError("BROKER_UNREACHABLE", text, { data, retryable: true });
}
