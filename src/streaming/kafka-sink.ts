import { checkOptionNames, invalidOption } from "../errors/check-options.ts";
import { DStreamError } from "../errors/dstream-error.ts";
import type { KafkaConnection } from "../kafka/types.ts";
import type { KafkaSink, SinkRecord } from "../plan/output.ts";

/** Where and how saveToKafka() writes. */
export interface KafkaSinkOptions<T> extends KafkaConnection {
  readonly topic: string;
  /** Default "at-least-once". "exactly-once" needs a checkpoint and is refused until checkpoints exist. */
  readonly delivery?: "exactly-once" | "at-least-once";
  readonly transactionalId?: string;
  /** Default: a pair is key and value; strings and bytes as they are, other values as JSON. */
  readonly toRecord?: (row: T) => SinkRecord;
}

const optionNames = ["topic", "delivery", "transactionalId", "toRecord", "brokers", "clientId", "tls", "sasl"];

/** @throws UNKNOWN_OPTION, INVALID_OPTION; NOT_SUPPORTED for exactly-once delivery. */
export function kafkaSink<T>(options: KafkaSinkOptions<T>, brokers: readonly string[]): KafkaSink {
  checkOptionNames("saveToKafka", options, optionNames);
  const { topic, delivery, transactionalId, toRecord, clientId, tls, sasl } = options;
  if (typeof topic !== "string" || topic === "") throw invalidOption("saveToKafka's topic", topic, "a topic's name");
  if (delivery !== undefined && delivery !== "at-least-once" && delivery !== "exactly-once") {
    throw invalidOption("saveToKafka's delivery", delivery, '"at-least-once" or "exactly-once"');
  }
  if (delivery === "exactly-once" || transactionalId !== undefined) {
    throw new DStreamError(
      "NOT_SUPPORTED",
      "saveToKafka writes at-least-once; exactly-once delivery needs durable state, which does not exist yet",
    );
  }
  const connection = {
    brokers,
    ...(clientId && { clientId }),
    ...(tls !== undefined && { tls }),
    ...(sasl && { sasl }),
  };
  return { connection, topic, toRecord: toRecord ?? defaultRecord };
}

/** A pair is key and value; anything else is the value. */
function defaultRecord(row: unknown): SinkRecord {
  if (Array.isArray(row) && row.length === 2) return { key: serialize(row[0]), value: serialize(row[1]) };
  return { value: serialize(row) };
}

function serialize(value: unknown): string | Uint8Array | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string" || value instanceof Uint8Array) return value;
  return JSON.stringify(value) ?? null;
}
