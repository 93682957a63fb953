import { isAnyArrayBuffer } from "node:util/types";
import { jsonText } from "../../codec/json-text.ts";
import { checkInteger } from "../../errors/checks/check-number.ts";
import { checkFunction, checkOptionNames, checkText, invalidOption } from "../../errors/checks/check-options.ts";
import { checkConnection } from "../../kafka/client/check-connection.ts";
import { checkTopicName, isBytes } from "../../kafka/producer/check-record.ts";
import { checkSettings, type KafkaProducerOptions } from "../../kafka/producer/producer-options.ts";
import type { KafkaConnection, Serializer } from "../../kafka/types.ts";
import { type PlanNode, parentsOf } from "../../plan/graph/nodes/node.ts";
import type { SourceNode } from "../../plan/graph/nodes/source.ts";
import type { ContentSerializer, Delivery, KafkaSink } from "../../plan/graph/output.ts";
import { rowShape } from "../../plan/row-shape.ts";
import type { SinkRecord } from "../../plan/sink-record.ts";
import type { HostProcess } from "../../runtime/process/this-process.ts";
import type { Duration } from "../duration.ts";
import { resolveBrokers } from "../input/brokers.ts";
import type { Pair } from "../types.ts";

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
  /**
   * How batches of records are made and sent, as KafkaProducer's options; in exactly-once delivery `lingerMs` is 0 by default and
   * `deliveryTimeoutMs` the `transactionTimeout`. Exactly-once outputs of a job have the same.
   */
  readonly producer?: Pick<KafkaProducerOptions, "compression" | "lingerMs" | "batchBytesMax" | "deliveryTimeoutMs">;
  /**
   * Of pairs. Default: strings and bytes as they are; null and undefined are none; other keys as JSON, where maps are arrays of
   * pairs, sets arrays, bytes arrays of numbers, errors, regular expressions and bigints texts. A key that is itself a bigint is
   * its digits.
   */
  readonly keySerializer?: Serializer<[T] extends [Pair<infer K, unknown>] ? K : never>;
  /** Of the value of a pair, and of any other row. Default: as of keys. */
  readonly valueSerializer?: Serializer<[T] extends [Pair<unknown, infer V>] ? V : T>;
  /**
   * In place of serializers, for records with headers, timestamps, partitions or topics of their own. Default: a pair is key and
   * value, any other row a value. Rows of operators by key are pairs, those of count and glom are none; where the program's own
   * function made them (map, flatMap, mapPartitions, transform), arrays of two are pairs, and a batch that has pairs and
   * others is refused with INVALID_OPTION. So is what is no record, at its row.
   */
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
  "producer",
  "brokers",
  "clientId",
  "tls",
  "sasl",
];
const producerOptionNames = ["compression", "lingerMs", "batchBytesMax", "deliveryTimeoutMs"];

const defaultTimeoutMs = 60_000;

/** @throws UNKNOWN_OPTION, INVALID_OPTION */
export function kafkaSink<T>(options: KafkaSinkOptions<T>, node: PlanNode, process: HostProcess): KafkaSink {
  checkOptionNames("saveToKafka", options, optionNames);
  const brokers = options.brokers ?? defaultBrokers(node, process);
  checkConnection({ ...options, brokers });
  const { topic, delivery, transactionalId, transactionTimeout = defaultTimeoutMs } = options;
  const { keySerializer, valueSerializer, toRecord, producer = {} } = options;
  const functions = { keySerializer, valueSerializer, toRecord };
  for (const [name, f] of Object.entries(functions)) if (f !== undefined) checkFunction(`saveToKafka's ${name}`, f);
  if (toRecord !== undefined && (keySerializer ?? valueSerializer) !== undefined) {
    throw invalidOption("saveToKafka's serializers", "given", "left out beside toRecord, which makes keys and values");
  }
  const rows = rowShape(node);
  if (keySerializer !== undefined && rows === "values") {
    throw invalidOption("saveToKafka's keySerializer", "given", "left out where no row is a pair");
  }
  checkText("saveToKafka's topic", topic, "a topic's name");
  checkTopicName(topic, "saveToKafka's topic");
  checkOptionNames("saveToKafka's producer", producer, producerOptionNames);
  checkSettings(producer, "saveToKafka's producer.");
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
    producer,
    records:
      toRecord === undefined
        ? { rows, ofKey: contentSerializer(keySerializer), ofValue: contentSerializer(valueSerializer) }
        : { toRecord },
  };
}

function contentSerializer(own: Serializer<any> | undefined): ContentSerializer {
  return own === undefined ? { serialize, isOwn: false } : { serialize: own, isOwn: true };
}

function serialize(content: unknown): SinkRecord["value"] {
  if (typeof content === "string") return content;
  if (content === null || content === undefined) return null;
  if (typeof content === "bigint") return String(content);
  if (typeof content !== "object") return jsonText(content);
  if (isBytes(content)) return content;
  return isAnyArrayBuffer(content) ? new Uint8Array(content) : jsonText(content);
}

/** Brokers of a sink that names none: those of the only Kafka source its rows come from, or those of the environment. */
function defaultBrokers(node: PlanNode, process: HostProcess): readonly string[] {
  const sources = [...kafkaSources(node, new Set())];
  const [only, ...others] = sources;
  if (only === undefined || others.length > 0) return resolveBrokers(undefined, process);
  return (only.feed as { options: { brokers: readonly string[] } }).options.brokers;
}

function* kafkaSources(node: PlanNode, seen: Set<PlanNode>): Generator<SourceNode> {
  if (seen.has(node)) return;
  seen.add(node);
  if (node.kind === "source" && node.feed.kind === "kafka") yield node;
  for (const parent of parentsOf(node)) yield* kafkaSources(parent, seen);
}
