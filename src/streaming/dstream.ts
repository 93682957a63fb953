import { checkFunction, invalidOption } from "../errors/check-options.ts";
import { reducing } from "../plan/aggregator.ts";
import type { FilterNode } from "../plan/nodes/filter.ts";
import type { FlatMapNode } from "../plan/nodes/flat-map.ts";
import type { KeyedNode } from "../plan/nodes/keyed.ts";
import type { MapNode } from "../plan/nodes/map.ts";
import type { MapPartitionsNode, TaskInfo } from "../plan/nodes/map-partitions.ts";
import type { PlanNode } from "../plan/nodes/node.ts";
import type { RepartitionNode } from "../plan/nodes/repartition.ts";
import type { UnionNode } from "../plan/nodes/union.ts";
import { checkNumPartitions, partitioningOf } from "../plan/partitioner.ts";
import { checkTogether } from "./check-together.ts";
import type { Duration } from "./duration.ts";
import { formatBatch } from "./format-rows.ts";
import { type KafkaSinkOptions, kafkaSink } from "./kafka-sink.ts";
import type { PairDStream } from "./pair-dstream.ts";
import { collectedRDD } from "./rdd/collected-rdd.ts";
import { sinkBrokers } from "./sink-brokers.ts";
import type { StreamInternals } from "./stream-internals.ts";
import type { StreamingContext } from "./streaming-context.ts";
import type { Awaitable, RDDOf, StreamOf, Time } from "./types.ts";

/**
 * A discretized stream: one RDD of rows for each batch. Operators make new streams; nothing runs before
 * `StreamingContext.start()`. Functions run in the tasks, wherever the job runs, and see only what their file defines (D2).
 *
 * Rows may be anything while they stay in their task. Behind a shuffle, in state and on the driver they are copies: plain data,
 * Map, Set, Date, Error, bytes. Instances of classes, functions, symbols and cycles are refused there (VALUE_NOT_ENCODABLE).
 *
 * @typeParam T a row
 */
export class DStream<T> {
  /** Not for programs. */
  readonly internals: StreamInternals;

  constructor(internals: StreamInternals) {
    this.internals = internals;
  }

  get context(): StreamingContext {
    return this.internals.context;
  }

  /** Milliseconds between two RDDs of this stream. */
  get slideDuration(): Duration {
    return this.internals.slideDuration;
  }

  /** Names the operator: in errors, and for its state. Unique in a job. @throws INVALID_OPTION when another has the name. */
  name(operatorName: string): this {
    this.internals.job.checkOpen();
    this.internals.job.plan.nameNode(this.internals.node.id, operatorName);
    return this;
  }

  /** One row for each row. Stateless, no shuffle. */
  map<U>(f: (row: T) => U): StreamOf<U> {
    return this.#map("map", checkFunction("map", f));
  }

  /** Any number of rows for each row. Stateless, no shuffle. */
  flatMap<U>(f: (row: T) => Iterable<U>): StreamOf<U> {
    const parent = this.internals.node;
    return this.#derive<FlatMapNode, StreamOf<U>>({
      kind: "flatMap",
      operator: "flatMap",
      parent,
      f: checkFunction("flatMap", f),
    });
  }

  /** The rows that `f` accepts. Stateless, no shuffle; keeps keys where they are. */
  filter(f: (row: T) => boolean): StreamOf<T> {
    const parent = this.internals.node;
    return this.#derive<FilterNode, StreamOf<T>>({
      kind: "filter",
      operator: "filter",
      parent,
      f: checkFunction("filter", f),
    });
  }

  /** One call for the rows of each partition, also of an empty one. They are held in memory. Stateless, no shuffle. */
  mapPartitions<U>(f: (rows: Iterable<T>, task: TaskInfo) => Iterable<U>): StreamOf<U> {
    const parent = this.internals.node;
    const node = {
      kind: "mapPartitions",
      operator: "mapPartitions",
      parent,
      f: checkFunction("mapPartitions", f),
    } as const;
    return this.#derive<MapPartitionsNode, StreamOf<U>>(node);
  }

  /** One row for each partition: the array of its rows. They are held in memory. Stateless, no shuffle. */
  glom(): DStream<T[]> {
    const parent = this.internals.node;
    const f = (rows: Iterable<T>): Iterable<T[]> => [[...rows]];
    return this.#derive<MapPartitionsNode, DStream<T[]>>({ kind: "mapPartitions", operator: "glom", parent, f });
  }

  /**
   * The same rows in exactly `numPartitions` partitions, dealt out in turns. Shuffles all rows.
   *
   * @throws INVALID_OPTION when `numPartitions` is not a positive integer.
   */
  repartition(numPartitions: number): StreamOf<T> {
    return this.#derive<RepartitionNode, StreamOf<T>>({
      kind: "repartition",
      operator: "repartition",
      parent: this.internals.node,
      partitioning: { kind: "in turns", numPartitions: checkNumPartitions(numPartitions) },
    });
  }

  /** The rows of both streams. No shuffle. @throws ILLEGAL_STATE for a stream of another context or slide. */
  union(other: DStream<T>): StreamOf<T> {
    return unionOf<T>("union", [this, other]);
  }

  /** One number a batch: how many rows it has, 0 for none. Shuffles one number a partition. A batch without an RDD fails. */
  count(): DStream<number> {
    const ones = this.#map<readonly [null, number]>("count", () => [null, 1]) as DStream<readonly [null, number]>;
    const node: MapPartitionsNode = ones.internals.add<MapPartitionsNode>({
      kind: "mapPartitions",
      operator: "count",
      parent: ones.#reduceAll<number>("count", (a, b) => a + b),
      f: (pairs: Iterable<readonly [null, number]>) => {
        const [pair] = pairs;
        return [pair?.[1] ?? 0];
      },
    });
    return this.internals.stream(node) as DStream<number>;
  }

  /** All rows of a batch folded by an associative function; nothing for an empty batch. Shuffles one row a partition. */
  reduce(f: (a: T, b: T) => T): StreamOf<T> {
    const pairs = this.#map<readonly [null, T]>("reduce", (row) => [null, row]);
    const parent = (pairs as unknown as PairDStream<null, T>).#reduceAll("reduce", checkFunction("reduce", f));
    return this.#derive<MapNode, StreamOf<T>>({
      kind: "map",
      operator: "reduce",
      parent,
      f: (pair: readonly [null, T]) => pair[1],
    });
  }

  /** How often each row occurs in the batch. Rows are compared by value. Shuffles. */
  countByValue(numPartitions?: number): PairDStream<T, number> {
    const ones = this.#map<readonly [T, number]>("countByValue", (row) => [row, 1]);
    return ones.#derive<KeyedNode, PairDStream<T, number>>({
      kind: "keyed",
      operator: "countByValue",
      inputs: [{ parent: ones.internals.node, aggregator: reducing((a: number, b: number) => a + b) }],
      partitioning: partitioningOf(numPartitions),
      mapSideCombine: true,
      update: undefined,
    });
  }

  /** Prints the first `num` rows of each batch on the driver's standard output, as Spark's Scala API does. An output operation. */
  print(num = 10): void {
    if (!Number.isInteger(num) || num < 0) throw invalidOption("print's num", num, "an integer of at least 0");
    const { job, node, maxResultBytes } = this.internals;
    job.addOutput({ kind: "collect", operator: "print", node, limit: num + 1 }, async (collected, time) => {
      const rows = await collectedRDD(collected, maxResultBytes).take(num + 1);
      process.stdout.write(formatBatch(rows, num, time));
    });
  }

  /**
   * Calls `f` on the driver with each batch's RDD. An output operation; it runs again when its batch is run again, with the
   * same `time`. For work on many rows use foreachPartition, which runs in the tasks.
   */
  foreachRDD(f: (rdd: RDDOf<T>, time: Time) => Awaitable<void>): void {
    const { job, node, maxResultBytes, outputScope } = this.internals;
    checkFunction("foreachRDD", f);
    job.addOutput({ kind: "collect", operator: "foreachRDD", node, limit: undefined }, (collected, time) =>
      outputScope.run(true, async () => f(collectedRDD(collected, maxResultBytes) as unknown as RDDOf<T>, time)),
    );
  }

  /**
   * Calls `f` in the tasks with the rows of each partition and waits for it. The rows of one partition in one batch are held in
   * memory. An output operation, at-least-once.
   */
  foreachPartition(f: (rows: Iterable<T>, task: TaskInfo) => Awaitable<void>): void {
    const { job, node } = this.internals;
    job.addOutput({ kind: "partition", operator: "foreachPartition", node, f: checkFunction("foreachPartition", f) });
  }

  /** Sends each row to a Kafka topic, from the tasks. An output operation, at-least-once. */
  saveToKafka(options: KafkaSinkOptions<T>): void {
    const { job, node } = this.internals;
    job.addOutput({
      kind: "kafka",
      operator: "saveToKafka",
      node,
      sink: kafkaSink(options, sinkBrokers(options.brokers, node)),
    });
  }

  #map<U>(operator: string, f: (row: T) => U): StreamOf<U> & DStream<U> {
    const parent = this.internals.node;
    return this.#derive<MapNode, StreamOf<U> & DStream<U>>({ kind: "map", operator, parent, f });
  }

  /** Everything to partition 0, folded by `f`. For streams of pairs whose only key is null. */
  #reduceAll<V>(operator: string, f: (a: V, b: V) => V): KeyedNode {
    return this.internals.add<KeyedNode>({
      kind: "keyed",
      operator,
      inputs: [{ parent: this.internals.node, aggregator: reducing(f) }],
      partitioning: partitioningOf(1),
      mapSideCombine: true,
      update: undefined,
    });
  }

  #derive<N extends PlanNode, S>(node: Parameters<typeof this.internals.add<N>>[0]): S {
    return this.internals.stream(this.internals.add<N>(node)) as S;
  }
}

/** The rows of all streams. @throws ILLEGAL_STATE for no stream, or streams of different contexts or slides. */
export function unionOf<T>(operator: string, streams: readonly DStream<T>[]): StreamOf<T> {
  checkTogether(operator, streams);
  const { internals } = streams[0] as DStream<T>;
  const node = internals.add<UnionNode>({
    kind: "union",
    operator,
    parents: streams.map((stream) => stream.internals.node),
  });
  return internals.stream(node) as StreamOf<T>;
}
