import type { CollectedOutput } from "../driver/batch/collected-output.ts";
import { gatherTextFiles } from "../driver/files/text-files.ts";
import { checkInteger, checkNumber } from "../errors/checks/check-number.ts";
import {
  checkFunction,
  checkOptionNames,
  checkPath,
  checkText,
  invalidOption,
} from "../errors/checks/check-options.ts";
import { DStreamError } from "../errors/dstream-error.ts";
import { markCopy } from "../errors/package-copy.ts";
import { reducing } from "../plan/aggregator.ts";
import type { KeyedNode } from "../plan/graph/nodes/keyed.ts";
import type { MapPartitionsNode, TaskInfo } from "../plan/graph/nodes/map-partitions.ts";
import type { FilterNode, FlatMapNode, MapNode } from "../plan/graph/nodes/narrow.ts";
import type { PlanNode } from "../plan/graph/nodes/node.ts";
import type { RepartitionNode } from "../plan/graph/nodes/repartition.ts";
import type { UnionNode } from "../plan/graph/nodes/union.ts";
import type { WindowNode } from "../plan/graph/nodes/window.ts";
import { checkNumPartitions, partitioningOf } from "../plan/partitioner.ts";
import { type RowShape, rowShape } from "../plan/row-shape.ts";
import { checkTogether } from "./check-together.ts";
import type { JobBuilder } from "./context/job-builder.ts";
import type { StreamingContext } from "./context/streaming-context.ts";
import { checkCheckpointInterval, type Duration } from "./duration.ts";
import { checkStorageLevel, type StorageLevel } from "./input/storage-level.ts";
import { formatBatch, rowFormat } from "./output/format-rows.ts";
import { type KafkaSinkOptions, kafkaSink } from "./output/kafka-sink.ts";
import { inOutputOf } from "./output/output-scope.ts";
import type { PairDStream } from "./pair-dstream.ts";
import { collectedRDD } from "./rdd/collected-rdd.ts";
import type { LocalRDD } from "./rdd/local-rdd.ts";
import type { RDD } from "./rdd/rdd.ts";
import { isRemembered } from "./remember/remember-streams.ts";
import type { StreamInternals } from "./stream-internals.ts";
import type { RDDOf, StreamOf } from "./stream-of.ts";
import { transformOf } from "./transform-of.ts";
import type { Awaitable, Time } from "./types.ts";
import { windowDurations } from "./windows/window-durations.ts";

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
  /** @internal */
  readonly internals: StreamInternals;

  /** @internal */
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

  /** Names the operator, for its state. Unique in a job. @throws INVALID_OPTION when another has the name, or it is none. */
  name(operatorName: string): this {
    const { job, named } = this.internals;
    job.checkOpen();
    checkText("an operator's name", operatorName);
    for (const [node, suffix] of named) job.plan.nameNode(node.id, `${operatorName}${suffix}`);
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

  /** The rows that `f` accepts; a type guard narrows them. Stateless, no shuffle; keeps keys where they are. */
  filter<S extends T>(f: (row: T) => row is S): StreamOf<S>;
  filter(f: (row: T) => boolean): StreamOf<T>;
  filter(f: (row: T) => boolean): unknown {
    const parent = this.internals.node;
    return this.#derive<FilterNode, unknown>({
      kind: "filter",
      operator: "filter",
      parent,
      f: checkFunction("filter", f),
    });
  }

  /**
   * One call for the rows of each partition, also of an empty one; it may be async, and the batch waits for it. They are held in
   * memory. Stateless, no shuffle.
   */
  mapPartitions<U>(f: (rows: Iterable<T>, task: TaskInfo) => Awaitable<Iterable<U>>): StreamOf<U> {
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
    const node = { kind: "mapPartitions", operator: "glom", parent, f, gives: "values" } as const;
    return this.#derive<MapPartitionsNode, DStream<T[]>>(node);
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
      gives: "values",
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
      gives: rowShape(this.internals.node),
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

  /**
   * The rows of the batches of the last `window` milliseconds, every `slide` milliseconds (default: this stream's slide): at time
   * t those in (t − window, t]. A window that began before the job did, or behind the end of the input, has fewer. Rows are kept
   * in the job's state. Keeps keys where they are; behind a source or a union the rows of a partition move to one task.
   *
   * @throws INVALID_WINDOW when a duration is not a multiple of this stream's slide.
   */
  window(window: Duration, slide?: Duration): StreamOf<T> {
    return this.internals.stream(this.#window("window", window, slide)) as StreamOf<T>;
  }

  /**
   * The rows of a window, folded by an associative function; nothing for a window without rows. With `inverse`, which takes a
   * value out again (`inverse(f(a, b), b)` is `a`), each step costs only what enters and leaves, and a window that had rows once
   * has a value for ever.
   *
   * @throws INVALID_WINDOW, UNKNOWN_OPTION, INVALID_OPTION
   */
  reduceByWindow(
    f: (a: T, b: T) => T,
    window: Duration,
    slide: Duration,
    options: { inverse?(a: T, b: T): T } = {},
  ): StreamOf<T> {
    checkOptionNames("reduceByWindow", options, ["inverse"]);
    const gives = rowShape(this.internals.node);
    const pairs = this.#map<readonly [null, T]>("reduceByWindow", (row) => [null, row]);
    return pairs.#reduceByWindow("reduceByWindow", f, { window, slide, gives, ...options });
  }

  /** How many rows a window has; nothing before the first row of all. @throws INVALID_WINDOW */
  countByWindow(window: Duration, slide: Duration): DStream<number> {
    const options = { window, slide, gives: "values", inverse: (a: number, b: number) => a - b } as const;
    return this.#map<readonly [null, number]>("countByWindow", () => [null, 1]).#reduceByWindow<number>(
      "countByWindow",
      (a, b) => a + b,
      options,
    );
  }

  /** How often each row occurs in a window. Rows are compared by value. @throws INVALID_WINDOW, INVALID_OPTION */
  countByValueAndWindow(window: Duration, slide: Duration, numPartitions?: number): PairDStream<T, number> {
    const ones = this.#map<readonly [T, number]>("countByValueAndWindow", (row) => [row, 1]);
    return (ones as unknown as PairDStream<T, number>).reduceByKeyAndWindow((a, b) => a + b, window, slide, {
      inverse: (a, b) => a - b,
      filter: ([, count]) => count !== 0,
      ...(numPartitions !== undefined && { partitioner: numPartitions }),
    });
  }

  /**
   * The RDDs of past batches with times from `from` to `to`, both included and rounded down to a slide. For streams that
   * `StreamingContext.remember` keeps, and for those with a foreachRDD.
   *
   * @throws ILLEGAL_STATE before start(), for a stream whose rows are not kept, for batches that are not kept any more and for those
   * before a restart; INVALID_OPTION for what are no times.
   */
  async slice(from: Time, to: Time): Promise<RDDOf<T>[]> {
    const { context, job, node, remembered } = this.internals;
    for (const time of [from, to]) {
      checkNumber("slice's time", time, -Number.MAX_VALUE, { allowed: "a number of milliseconds" });
    }
    if (context.state === "INITIALIZED") {
      throw new DStreamError(
        "ILLEGAL_STATE",
        `the stream of ${node.operator} has not been initialized: slice needs start()`,
      );
    }
    if (!job.plan.build().outputs.some((output) => isRemembered(output, node))) {
      const text = `slice of the stream of ${node.operator} needs remember(), or a foreachRDD on it: its rows are not kept`;
      throw new DStreamError("ILLEGAL_STATE", text);
    }
    const batches = remembered.between(node.id, from - node.slideMs, to);
    return batches.map((collected) => this.#rddOf(collected) as unknown as RDDOf<T>);
  }

  /** As `persist()`. */
  cache(): this {
    return this.persist();
  }

  /**
   * Accepted for Spark's sake: what is used twice in a batch is computed once here, and what windows keep is in the job's state.
   *
   * @throws INVALID_OPTION; ILLEGAL_STATE after start().
   */
  persist(level: StorageLevel = "MEMORY_ONLY_SER"): this {
    this.internals.job.checkOpen();
    checkStorageLevel("persist's level", level);
    return this;
  }

  /**
   * Accepted for Spark's sake: with `checkpointDir` state is kept in every batch. The stream's batches are remembered for two
   * intervals, for `slice`.
   *
   * @throws INVALID_OPTION when `interval` is not a multiple of the slide; ILLEGAL_STATE after start().
   */
  checkpoint(interval: Duration): this {
    const { job, node, remembered } = this.internals;
    job.checkOpen();
    checkCheckpointInterval(interval, this.slideDuration);
    remembered.checkpointEvery(node.id, interval);
    return this;
  }

  /**
   * The RDD that `f` makes of this stream's RDD, in each batch anew: any program of RDDs, whose rows go through the tasks as those of
   * streams do. `f` runs on the driver and again in every worker, so what it makes may depend on the RDD, the time and broadcasts
   * only (GRAPH_MISMATCH where it does not). No actions inside of it: the batch has not run yet. A batch without an RDD fails.
   */
  transform<U>(f: (rdd: RDDOf<T>, time: Time) => RDD<U>): StreamOf<U> {
    checkFunction("transform", f);
    return transformOf<U>("transform", [this], ([rdd], time) => f(rdd, time));
  }

  /** As `transform`, with the RDDs of two streams. @throws ILLEGAL_STATE for a stream of another context or slide. */
  transformWith<U, W>(other: DStream<U>, f: (a: RDDOf<T>, b: RDDOf<U>, time: Time) => RDD<W>): StreamOf<W> {
    checkFunction("transformWith", f);
    return transformOf<W>("transformWith", [this, other], ([a, b], time) => f(a, b, time));
  }

  /** Prints the first `num` rows of each batch on the driver's standard output, as Spark's Scala API does. An output operation. */
  print(num = 10): void {
    checkInteger("print's num", num, 0);
    const { job, node } = this.internals;
    const format = rowFormat(rowShape(node));
    job.addOutput({ kind: "collect", operator: "print", node, limit: num + 1 }, async (collected, time) => {
      const rows = await this.#rddOf(collected).take(num + 1);
      process.stdout.write(formatBatch(rows, num, time, format));
    });
  }

  /**
   * Calls `f` on the driver with each batch's RDD. An output operation; it runs again when its batch is run again, with the
   * same `time`. For work on many rows use foreachPartition, which runs in the tasks.
   */
  foreachRDD(f: (rdd: RDDOf<T>, time: Time) => Awaitable<void>): void {
    const { context, job, node, remembered } = this.internals;
    checkFunction("foreachRDD", f);
    job.addOutput({ kind: "collect", operator: "foreachRDD", node, limit: undefined }, (collected, time) => {
      remembered.add(node, time, collected);
      return inOutputOf(context, async () => f(this.#rddOf(collected) as unknown as RDDOf<T>, time));
    });
  }

  /**
   * Calls `f` in the tasks with the rows of each partition and waits for it. The rows of one partition in one batch are held in
   * memory. An output operation, at-least-once.
   */
  foreachPartition(f: (rows: Iterable<T>, task: TaskInfo) => Awaitable<void>): void {
    const { job, node } = this.internals;
    job.addOutput({ kind: "partition", operator: "foreachPartition", node, f: checkFunction("foreachPartition", f) });
  }

  /**
   * Writes each batch as a folder of text files, `prefix-TIME.suffix` with the batch time in milliseconds and without the suffix
   * where there is none: a file for each partition, written by its task, `part-00000` and so on, and `_SUCCESS`. Rows are as
   * print() shows them. A folder appears whole when its batch is committed, and once: exactly-once with a checkpoint. Relative
   * paths are relative to the program's folder; on Spark the prefix must be an absolute path that driver and executors reach.
   * An output operation.
   *
   * @throws INVALID_OPTION
   */
  saveAsTextFiles(prefix: string, suffix = ""): void {
    checkPath("saveAsTextFiles's prefix", prefix);
    if (typeof suffix !== "string" || suffix.includes("/")) {
      throw invalidOption("saveAsTextFiles's suffix", suffix, "the end of a file's name");
    }
    const { context, job, node } = this.internals;
    const { files } = context.options.runtime;
    const sink = { prefix, suffix, format: rowFormat(rowShape(node)) };
    job.addOutput({ kind: "files", operator: "saveAsTextFiles", node, sink }, (collected, time) =>
      gatherTextFiles(sink, collected, time, files),
    );
  }

  /**
   * Sends each row to a Kafka topic. An output operation; with `checkpointDir` exactly-once unless asked otherwise: all outputs
   * of a batch are written in the transaction that commits it. Else at-least-once, from the tasks.
   */
  saveToKafka(options: KafkaSinkOptions<T>): void {
    const { job, node } = this.internals;
    job.addOutput({
      kind: "kafka",
      operator: "saveToKafka",
      node,
      sink: kafkaSink(options, node, job.process),
    });
  }

  #map<U>(operator: string, f: (row: T) => U): StreamOf<U> & DStream<U> {
    const parent = this.internals.node;
    return this.#derive<MapNode, StreamOf<U> & DStream<U>>({ kind: "map", operator, parent, f });
  }

  #rddOf(collected: CollectedOutput): LocalRDD {
    const { context, maxResultBytes } = this.internals;
    return collectedRDD(collected, maxResultBytes, context.options.runtime);
  }

  #window(operator: string, window: Duration, slide: Duration | undefined): WindowNode {
    const { internals } = this;
    const durations = windowDurations(operator, internals.slideDuration, window, slide);
    return internals.add<WindowNode>({ kind: "window", operator, parent: internals.node, emits: "rows", ...durations });
  }

  /** For streams of pairs whose only key is null. */
  #reduceByWindow<V>(
    operator: string,
    f: (a: V, b: V) => V,
    {
      window,
      slide,
      gives,
      inverse,
    }: { window: Duration; slide: Duration; gives: RowShape; inverse?: (a: V, b: V) => V },
  ): StreamOf<V> {
    const { internals } = (this as unknown as PairDStream<null, V>).reduceByKeyAndWindow(f, window, slide, {
      partitioner: 1,
      ...(inverse !== undefined && { inverse }),
    });
    const node = internals.add<MapNode>({
      kind: "map",
      operator,
      parent: internals.node,
      f: (pair: readonly [null, V]) => pair[1],
      gives,
    });
    return internals.stream(node, internals.named) as StreamOf<V>;
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

markCopy(DStream);

/** The rows of all streams. @throws ILLEGAL_STATE for no stream, or streams of different contexts or slides. */
export function unionOf<T>(operator: string, streams: readonly DStream<T>[], job?: JobBuilder): StreamOf<T> {
  checkTogether(operator, streams, job);
  const { internals } = streams[0] as DStream<T>;
  const node = internals.add<UnionNode>({
    kind: "union",
    operator,
    parents: streams.map((stream) => stream.internals.node),
  });
  return internals.stream(node) as StreamOf<T>;
}
