import type { ErrorCode } from "../../errors/codes.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import { isNotAllowed, isRetriable, type KafkaErrorName, kafkaErrorName } from "../protocol/kafka-error-codes.ts";
import type { PartitionResult } from "./producer-network.ts";

/**
 * What follows from a broker's answer for a batch: it is in the log; is sent again, to the same leader or after looking for the
 * leader; is split; its sequence number is not the one the broker waits for; the producer must end; or the batch is given up.
 */
export type Verdict = "done" | "retry" | "relocate" | "split" | "renumber" | "fenced" | "refused";

const special: Partial<Record<string, Verdict>> = {
  NONE: "done",
  DUPLICATE_SEQUENCE_NUMBER: "done",
  MESSAGE_TOO_LARGE: "split",
  RECORD_LIST_TOO_LARGE: "split",
  OUT_OF_ORDER_SEQUENCE_NUMBER: "renumber",
  UNKNOWN_PRODUCER_ID: "renumber",
  INVALID_PRODUCER_EPOCH: "renumber",
  INVALID_PRODUCER_ID_MAPPING: "renumber",
  PRODUCER_FENCED: "fenced",
  UNKNOWN_TOPIC_OR_PARTITION: "relocate",
  LEADER_NOT_AVAILABLE: "relocate",
  NOT_LEADER_OR_FOLLOWER: "relocate",
  REPLICA_NOT_AVAILABLE: "relocate",
  NETWORK_EXCEPTION: "relocate",
  KAFKA_STORAGE_ERROR: "relocate",
  FENCED_LEADER_EPOCH: "relocate",
  UNKNOWN_LEADER_EPOCH: "relocate",
  UNKNOWN_TOPIC_ID: "relocate",
} satisfies Partial<Record<KafkaErrorName, Verdict>>;

export function verdictOf(errorCode: number): Verdict {
  return special[kafkaErrorName(errorCode)] ?? (isRetriable(errorCode) ? "retry" : "refused");
}

/** The error for an answer that is not success. */
export function refusal({ topic, partition, errorCode, errorMessage }: PartitionResult): DStreamError {
  const name = kafkaErrorName(errorCode);
  const advice = special[name] === "split" ? "; raise the topic's max.message.bytes" : "";
  const detail = errorMessage === null || errorMessage === "" ? advice : `: ${errorMessage}${advice}`;
  const retryable = isRetriable(errorCode);
  return new DStreamError(
    isNotAllowed(errorCode) ? "AUTHENTICATION_FAILED" : codeOf(name, retryable),
    `the broker refused records for ${topic}-${partition} with ${name}${detail}`,
    {
      data: { topic, partition, errorCode },
      retryable,
    },
  );
}

function codeOf(kafkaName: string, retriable: boolean): ErrorCode {
  if (kafkaName === "PRODUCER_FENCED") return "PRODUCER_FENCED";
  if (kafkaName === "UNKNOWN_TOPIC_OR_PARTITION") return "TOPIC_NOT_FOUND";
  if (kafkaName === "INVALID_TOPIC_EXCEPTION") return "INVALID_OPTION";
  if (special[kafkaName] === "split") return "BATCH_TOO_LARGE";
  // What another attempt may change is the broker's state; all else is about the records.
  return retriable || special[kafkaName] === "renumber" ? "BROKER_UNREACHABLE" : "NOT_SUPPORTED";
}
