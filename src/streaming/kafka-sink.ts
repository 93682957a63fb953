import { atOnce } from "../errors/at-once.ts";
import { checkInteger } from "../errors/check-number.ts";
import { checkFunction, checkOptionNames, checkText, invalidOption } from "../errors/check-options.ts";
import { checkConnection } from "../kafka/client/check-connection.ts";
import type { KafkaConnection, Serializer } from "../kafka/types.ts";
import type { PlanNode } from "../plan/nodes/node.ts";
import type { Delivery, KafkaSink, SinkRecord } from "../plan/output.ts";
import type { Duration } from "./duration.ts";
import { sinkBrokers } from "./sink-brokers.ts";
import type { Pair } from "./types.ts";

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
  /** Of pairs. Default: strings and bytes as they are, other keys as JSON. */
  readonly keySerializer?: Serializer<[T] extends [Pair<infer K, unknown>] ? K : never>;
  /** Of the value of a pair, and of any other row. Default: as of keys. */
  readonly valueSerializer?: Serializer<[T] extends [Pair<unknown, infer V>] ? V : T>;
  /** In place of serializers, for records with headers, partitions or topics of their own. Default: a pair is key and value. */
  readonly toRecord?: (row: T) => SinkRecord;
}

const optionNames = [
  "topic",
  "delivery",
  "transactionalId",
  "transactionTimeout",
  "keySerializer",
  "valueSerializer",
  "toRecord",
  "brokers",
  "clientId",
  "tls",
  "sasl",
];
type Text = string | Uint8Array | null;

const defaultTimeoutMs = 60_000;

/** @throws UNKNOWN_OPTION, INVALID_OPTION */
export function kafkaSink<T>(options: KafkaSinkOptions<T>, node: PlanNode): KafkaSink {
  checkOptionNames("saveToKafka", options, optionNames);
  const brokers = sinkBrokers(options.brokers, node);
  checkConnection({ ...options, brokers });
  const { topic, delivery, transactionalId, transactionTimeout = defaultTimeoutMs } = options;
  const { keySerializer = serialize, valueSerializer = serialize, toRecord } = options;
  const functions = { keySerializer, valueSerializer, toRecord };
  for (const [name, f] of Object.entries(functions)) if (f !== undefined) checkFunction(`saveToKafka's ${name}`, f);
  if (toRecord !== undefined && (options.keySerializer ?? options.valueSerializer) !== undefined) {
    throw invalidOption("saveToKafka's serializers", "given", "left out beside toRecord, which makes keys and values");
  }
  checkText("saveToKafka's topic", topic, "a topic's name");
  if (delivery !== undefined && delivery !== "at-least-once" && delivery !== "exactly-once") {
    throw invalidOption("saveToKafka's delivery", delivery, '"at-least-once" or "exactly-once"');
  }
  if (transactionalId !== undefined) checkText("saveToKafka's transactionalId", transactionalId, "a text");
  // Kafka's requests have 31 bits for it.
  checkInteger("saveToKafka's transactionTimeout", transactionTimeout, 1, 2 ** 31 - 1);
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
    toRecord: toRecord ?? recordBy(keySerializer, valueSerializer),
  };
}

/** A pair is key and value; anything else is the value. */
function recordBy(ofKey: (key: any) => Text, ofValue: (value: any) => Text): (row: unknown) => SinkRecord {
  return (row) => {
    if (Array.isArray(row) && row.length === 2) return { key: atOnce(ofKey(row[0])), value: atOnce(ofValue(row[1])) };
    return { value: atOnce(ofValue(row)) };
  };
}

function serialize(value: unknown): Text {
  if (value === null || value === undefined) return null;
  if (typeof value === "string" || value instanceof Uint8Array) return value;
  return JSON.stringify(value) ?? null;
}
