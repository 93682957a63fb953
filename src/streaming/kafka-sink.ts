import { checkOptionNames, invalidOption } from "../errors/check-options.ts";
import type { KafkaConnection } from "../kafka/types.ts";
import type { Delivery, KafkaSink, SinkRecord } from "../plan/output.ts";
import type { Duration } from "./duration.ts";

/** Where and how saveToKafka() writes. */
export interface KafkaSinkOptions<T> extends KafkaConnection {
  readonly topic: string;
  /**
   * "exactly-once": the records of a batch become visible to readers of committed records together with the commit of the batch.
   * Needs `checkpointDir`, and is the default with it. "at-least-once": tasks write at once, and again when they are run again.
   */
  readonly delivery?: Delivery;
  /** Default: the job's name, a hyphen and the checkpoint's id. Nobody else may use it. */
  readonly transactionalId?: string;
  /** What writing a batch's records may take, in ms; the broker ends transactions that take longer. Default 60,000. */
  readonly transactionTimeout?: Duration;
  /** Default: a pair is key and value; strings and bytes as they are, other values as JSON. */
  readonly toRecord?: (row: T) => SinkRecord;
}

const optionNames = [
  "topic",
  "delivery",
  "transactionalId",
  "transactionTimeout",
  "toRecord",
  "brokers",
  "clientId",
  "tls",
  "sasl",
];
const defaultTimeoutMs = 60_000;

/** @throws UNKNOWN_OPTION, INVALID_OPTION */
export function kafkaSink<T>(options: KafkaSinkOptions<T>, brokers: readonly string[]): KafkaSink {
  checkOptionNames("saveToKafka", options, optionNames);
  const { topic, delivery, transactionalId, transactionTimeout = defaultTimeoutMs, toRecord } = options;
  if (typeof topic !== "string" || topic === "") throw invalidOption("saveToKafka's topic", topic, "a topic's name");
  if (delivery !== undefined && delivery !== "at-least-once" && delivery !== "exactly-once") {
    throw invalidOption("saveToKafka's delivery", delivery, '"at-least-once" or "exactly-once"');
  }
  if (transactionalId !== undefined && (typeof transactionalId !== "string" || transactionalId === "")) {
    throw invalidOption("saveToKafka's transactionalId", transactionalId, "a text");
  }
  if (!Number.isInteger(transactionTimeout) || transactionTimeout < 1) {
    throw invalidOption("saveToKafka's transactionTimeout", transactionTimeout, "milliseconds, at least 1");
  }
  const { clientId, tls, sasl } = options;
  const connection = {
    brokers,
    ...(clientId && { clientId }),
    ...(tls !== undefined && { tls }),
    ...(sasl && { sasl }),
  };
  return {
    connection,
    topic,
    delivery,
    transactionalId,
    transactionTimeoutMs: transactionTimeout,
    toRecord: toRecord ?? defaultRecord,
  };
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
