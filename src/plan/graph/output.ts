import type { OptionNames, ProducerSettings } from "../../kafka/producer/producer-options.ts";
import type { KafkaConnection } from "../../kafka/types.ts";
import type { RowShape } from "../row-shape.ts";
import type { SinkRecord } from "../sink-record.ts";
import type { TaskInfo } from "./nodes/map-partitions.ts";
import type { PlanNode } from "./nodes/node.ts";

interface OutputBase {
  /** Position in the order of registration: Spark's output operation id. */
  readonly id: number;
  readonly node: PlanNode;
  /** "print", "foreachRDD", … */
  readonly operator: string;
  readonly site: string | undefined;
}

/** Rows travel to the driver: all of them, or the first `limit` of each partition. */
export interface CollectOutput extends OutputBase {
  readonly kind: "collect";
  readonly limit: number | undefined;
}

/** A function of the user takes each partition, in the task. */
export interface PartitionOutput extends OutputBase {
  readonly kind: "partition";
  readonly f: (rows: Iterable<any>, task: TaskInfo) => void | Promise<void>;
}

/** Each row becomes a Kafka record, sent by the task, or with exactly-once delivery by the driver with the batch's commit. */
export interface KafkaOutput extends OutputBase {
  readonly kind: "kafka";
  readonly sink: KafkaSink;
}

/** Each partition becomes a file of text lines, written by the task; the driver shows a batch's files when it is committed. */
export interface FilesOutput extends OutputBase {
  readonly kind: "files";
  readonly sink: TextFileSink;
}

/** A folder for each batch: `prefix-TIME.suffix`, without the parts that are empty. */
export interface TextFileSink {
  /** As the program has it: relative to where it runs. */
  readonly prefix: string;
  readonly suffix: string;
  /** The line of a row, without its end. */
  readonly format: (row: any) => string;
}

/** Makes the key or the value of a row. */
export interface ContentSerializer {
  readonly serialize: (content: any) => SinkRecord["value"];
  /** Whether it is a function of the program. */
  readonly isOwn: boolean;
}

/** A pair is key and value, anything else is the value. */
export interface Serializers {
  readonly rows: RowShape;
  readonly ofKey: ContentSerializer;
  readonly ofValue: ContentSerializer;
}

/** What the options of a sink's producer are called in the program. */
export const sinkOptionNames: OptionNames = {
  batchBytesMax: "producer.batchBytesMax",
  deliveryTimeoutMs: "producer.deliveryTimeoutMs",
};

export type Delivery = "exactly-once" | "at-least-once";

export interface KafkaSink {
  readonly connection: KafkaConnection & { readonly brokers: readonly string[] };
  readonly topic: string;
  /** Undefined until the job starts, where the program leaves it to the default. */
  readonly delivery: Delivery | undefined;
  /** Default: made of the job's and the checkpoint's names. */
  readonly transactionalId: string | undefined;
  /** What the broker may let a transaction take. */
  readonly transactionTimeoutMs: number;
  /** What the program says of batches and their sending. */
  readonly producer: Partial<ProducerSettings>;
  readonly records: Serializers | { readonly toRecord: (row: any) => SinkRecord };
}

export type Output = CollectOutput | PartitionOutput | KafkaOutput | FilesOutput;

export type TransactionalOutput = KafkaOutput & { readonly sink: { readonly delivery: "exactly-once" } };

/** Whether an output's records are written by the transaction that commits the batch. */
export function isTransactional(output: Output): output is TransactionalOutput {
  return output.kind === "kafka" && output.sink.delivery === "exactly-once";
}
