import { type KafkaErrorName, kafkaErrors } from "../kafka/protocol/kafka-error-codes.ts";

/** Kafka's error for what was asked, with words for people. Code 0: it was done. */
export interface Outcome {
  readonly errorCode: number;
  readonly message: string | null;
}

export const done: Outcome = { errorCode: 0, message: null };

export function refused(error: KafkaErrorName, message: string): Outcome {
  return { errorCode: kafkaErrors[error].code, message };
}
