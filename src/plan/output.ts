import type { KafkaConnection } from "../kafka/types.ts";
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

/** Each row becomes a Kafka record, sent by the task. */
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

/** A record to send, before keys and values are bytes. */
export interface SinkRecord {
  readonly topic?: string;
  readonly partition?: number;
  readonly key?: string | Uint8Array | null;
  readonly value: string | Uint8Array | null;
  readonly headers?: readonly (readonly [string, string | Uint8Array])[];
}

export interface KafkaSink {
  readonly connection: KafkaConnection & { readonly brokers: readonly string[] };
  readonly topic: string;
  readonly toRecord: (row: any) => SinkRecord;
}

export type Output = CollectOutput | PartitionOutput | KafkaOutput | FilesOutput;
