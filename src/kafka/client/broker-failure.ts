import type { ErrorCode } from "../../errors/codes.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import { isNotAllowed, isRetriable, type KafkaErrorName, kafkaErrorName } from "../protocol/kafka-error-codes.ts";

/** What only whoever configures the job or the broker can mend. */
interface Remedy {
  readonly code: ErrorCode;
  readonly text: string;
  readonly option?: string;
}

const groupInUse: Remedy = {
  code: "INVALID_OPTION",
  text: "the group has members of its own, such as kcat or another consumer; give the job another groupId",
  option: "groupId",
};
const tooOld: Remedy = { code: "NOT_SUPPORTED", text: "the broker is too old for this; it needs Kafka 2.8 or newer" };

const remedies: Partial<Record<string, Remedy>> = {
  INVALID_TOPIC_EXCEPTION: {
    code: "INVALID_OPTION",
    text: "Kafka allows no topic of this name: it may have up to 249 letters, digits, dots, underscores and hyphens",
    option: "topic",
  },
  INVALID_GROUP_ID: {
    code: "INVALID_OPTION",
    text: "Kafka allows no such group; choose another groupId",
    option: "groupId",
  },
  UNKNOWN_MEMBER_ID: groupInUse,
  ILLEGAL_GENERATION: groupInUse,
  REBALANCE_IN_PROGRESS: groupInUse,
  FENCED_INSTANCE_ID: groupInUse,
  INCONSISTENT_GROUP_PROTOCOL: groupInUse,
  FENCED_MEMBER_EPOCH: groupInUse,
  STALE_MEMBER_EPOCH: groupInUse,
  UNSUPPORTED_VERSION: tooOld,
  UNSUPPORTED_FOR_MESSAGE_FORMAT: tooOld,
  UNSUPPORTED_COMPRESSION_TYPE: {
    code: "NOT_SUPPORTED",
    text: "the broker does not know the compression; choose another one",
  },
  POLICY_VIOLATION: { code: "NOT_SUPPORTED", text: "a policy of the broker does not allow it" },
  INVALID_REQUEST: { code: "NOT_SUPPORTED", text: "the broker does not understand the request" },
} satisfies Partial<Record<KafkaErrorName, Remedy>>;

/** The error for a broker's answer with an error code. `what` was asked for: "the offsets of test-0", "group \"counts\"". */
export function brokerFailure(errorCode: number, what: string): DStreamError {
  const error = kafkaErrorName(errorCode);
  const text = `${what} could not be had: the broker answered ${error}`;
  if (isNotAllowed(errorCode)) {
    return new DStreamError("AUTHENTICATION_FAILED", `${text}; allow it to the job's user (ACLs)`, { data: { error } });
  }
  const remedy = remedies[error];
  if (remedy === undefined) {
    return new DStreamError("BROKER_UNREACHABLE", text, { retryable: isRetriable(errorCode), data: { error } });
  }
  const option = remedy.option === undefined ? {} : { option: remedy.option };
  return new DStreamError(remedy.code, `${text}; ${remedy.text}`, { data: { error, ...option } });
}
