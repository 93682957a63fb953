import { decodeRows } from "../codec/block.ts";
import { rowsAtOnce } from "../errors/user-code/at-once.ts";
import { ReadingNotes } from "../kafka/consumer/reading-notes.ts";
import { hashKey } from "../keys/hash-key.ts";
import type { KeyedInput, KeyedNode } from "../plan/graph/nodes/keyed.ts";
import type { MapPartitionsNode, TaskInfo } from "../plan/graph/nodes/map-partitions.ts";
import type { PlanNode } from "../plan/graph/nodes/node.ts";
import type { SourceNode } from "../plan/graph/nodes/source.ts";
import type { WindowNode } from "../plan/graph/nodes/window.ts";
import { isTransactional, type Output } from "../plan/graph/output.ts";
import type { KeyPartitioning, Partitioning } from "../plan/partitioner.ts";
import { type Edge, partitionsBehind } from "../plan/plan.ts";
import type { SourceInput } from "../sources/source-input.ts";
import type { Change } from "../state/entry.ts";
import type { TaskContext } from "./context/task-context.ts";
import { inTaskScope, TaskScope } from "./context/task-scope.ts";
import { checkPlaces } from "./errors/check-places.ts";
import { placeError } from "./errors/place-error.ts";
import type { Path, Segment, SinkSpec } from "./program/segment.ts";
import { readSource } from "./read-source.ts";
import { SegmentRun } from "./segment-run.ts";
import { Collector } from "./sinks/collector.ts";
import { ForwardWriter } from "./sinks/forward-writer.ts";
import { KafkaWriter } from "./sinks/kafka-writer.ts";
import { CombiningWriter } from "./sinks/keyed/combining-writer.ts";
import { KeyedGroups } from "./sinks/keyed/keyed-groups.ts";
import { keyLocator } from "./sinks/keyed/locate-key.ts";
import { rowLocator } from "./sinks/locate-row.ts";
import { PartitionFunction } from "./sinks/partition-function.ts";
import { RecordCollector } from "./sinks/record-collector.ts";
import { type EmitBlock, ScatterWriter } from "./sinks/scatter-writer.ts";
import type { Sink } from "./sinks/sink.ts";
import { TextFileWriter } from "./sinks/text-file-writer.ts";
import { statefulRows } from "./state/stateful-rows.ts";
import { TaskState } from "./state/task-state.ts";
import { TaskMeter } from "./task-meter.ts";
import type { EdgeBlock, OutputPart, RecordFacts, TaskResult, TaskSpec } from "./task-spec.ts";
import { windowChanges, windowRows } from "./window/move-window.ts";
import { storedWindow } from "./window/pane.ts";
import { PaneWriter } from "./window/pane-writer.ts";

/** The rows of a source's partition, a chunk at a time: read by the task itself, or by whoever feeds it. Notes get what else there is to tell. */
export type ReadRows = (node: SourceNode, input: SourceInput, notes: ReadingNotes) => AsyncIterable<readonly unknown[]>;

/**
 * Runs one stage over one partition. The same wherever it runs: driver thread, worker thread, Spark executor. `readRows` is
 * by default the task's own reading from Kafka and of files.
 */
export async function runTask(
  spec: TaskSpec,
  context: TaskContext,
  signal: AbortSignal,
  readRows?: ReadRows,
): Promise<TaskResult> {
  const { result } = await computeTask(spec, context, signal, readRows);
  return result;
}

/**
 * The same up to where the functions of the job have run: what the task writes of the state may still be on its way, and another
 * task of the stage may begin.
 */
export function computeTask(
  spec: TaskSpec,
  context: TaskContext,
  signal: AbortSignal,
  readRows?: ReadRows,
): Promise<{ readonly result: Promise<TaskResult> }> {
  const scope = new TaskScope(context.broadcasts.values, spec);
  const read: ReadRows =
    readRows ??
    ((node, input, notes) =>
      readSource(node, input, { kafka: context.kafka, files: context.runtime.files, signal, notes }));
  const compute = async (): Promise<{ readonly result: Promise<TaskResult> }> => {
    const task = new Task(spec, context, read, scope);
    await task.compute();
    return { result: task.result() };
  };
  return inTaskScope(scope, () => context.kafka.owned.owning(compute));
}

class Task {
  readonly #spec: TaskSpec;
  readonly #context: TaskContext;
  readonly #readRows: ReadRows;
  readonly #scope: TaskScope;
  readonly #notes = new ReadingNotes();
  readonly #meter: TaskMeter;
  readonly #blocks: EdgeBlock[] = [];
  readonly #outputs: OutputPart[] = [];
  /** Rows that wait for a mapPartitions segment, by partition. */
  readonly #rows = new Map<Segment, Map<number, unknown[]>>();
  /** What a keyed segment collects from segments before it and over edges. */
  readonly #groups = new Map<Segment, KeyedGroups>();
  /** Rows of this batch for a window segment. */
  readonly #panes = new Map<Segment, PaneWriter>();
  readonly #state: TaskState;

  constructor(spec: TaskSpec, context: TaskContext, readRows: ReadRows, scope: TaskScope) {
    this.#spec = spec;
    this.#context = context;
    this.#meter = new TaskMeter(context.runtime);
    this.#readRows = readRows;
    this.#scope = scope;
    this.#state = new TaskState(spec, context);
  }

  async compute(): Promise<void> {
    await this.#begin();
    try {
      for (const segment of this.#context.program(this.#spec.stage).segments) await this.#runSegment(segment);
    } catch (error) {
      // Nothing of it may still be on its way when it is run again.
      await this.#state.settled();
      throw error;
    }
  }

  async result(): Promise<TaskResult> {
    await this.#state.settled();
    // Not until now: another task may have run meanwhile.
    this.#meter.lap("state", this.#state.writtenAt);
    const stateFiles = await this.#state.files();
    if (stateFiles.length > 0) await this.#context.runtime.crashPoint("after-state-files");
    const added = Object.fromEntries(this.#scope.added);
    const facts = this.#meter.facts(this.#spec);
    const { warnings } = this.#notes;
    return { blocks: this.#blocks, outputs: this.#outputs, stateFiles, warnings, added, facts };
  }

  async #begin(): Promise<void> {
    const { stage } = this.#spec;
    const { plan, runtime } = this.#context;
    if (stage === 0) await runtime.crashPoint("in-level-0");
    if (stage === plan.numStages - 1) await runtime.crashPoint("in-last-level");
  }

  async #runSegment(segment: Segment): Promise<void> {
    const { root } = segment;
    this.#meter.lap();
    if (root.kind === "source") await this.#runSource(segment, root.node);
    else if (root.kind === "edge") await this.#runEdge(segment, root.edge);
    else if (root.kind === "keyed") await this.#runKeyed(segment, root.node, root.edges);
    else if (root.kind === "window") await this.#runWindow(segment, root.node, root.edge);
    else await this.#runMapPartitions(segment, root.node);
  }

  async #runSource(segment: Segment, node: SourceNode): Promise<void> {
    const { input } = this.#spec;
    if (input?.source !== node.id) return;
    const { source, partition } = input;
    const run = this.#open(segment, partition);
    let records = 0;
    for await (const rows of this.#readRows(node, input, this.#notes)) {
      this.#meter.lap("fetch");
      records += rows.length;
      await run.push(rows);
    }
    this.#meter.lap("fetch");
    const { bytes, offsetsSkipped } = this.#notes;
    // Rows that are in every process are not read.
    if (node.feed.kind !== "literal") this.#meter.read({ source, partition, records, bytes, offsetsSkipped });
    await run.finish();
  }

  async #runEdge(segment: Segment, edge: Edge): Promise<void> {
    const { index, counts, present } = this.#spec;
    if (index >= partitionsBehind(edge, counts) || !present[edge.to.id]) return;
    const run = this.#open(segment, index);
    for (const { block } of this.#blocksOf(edge)) {
      const rows = decodeRows(block);
      this.#meter.lap("exchange");
      await run.push(rows);
    }
    await run.finish();
  }

  /** State is updated in every batch, also when what feeds it has no RDD and gave nothing. */
  async #runKeyed(segment: Segment, node: KeyedNode, edges: readonly Edge[]): Promise<void> {
    const { index, counts, present } = this.#spec;
    if (index >= (counts[node.id] as number) || !present[node.id]) return;
    const run = this.#open(segment, index);
    const groups = this.#groupsOf(segment, node);
    await run.guard(() => {
      for (const edge of edges) {
        for (const { block } of this.#blocksOf(edge)) groups.addShuffled(edge.input, block);
      }
    });
    this.#meter.lap("exchange");
    const { update } = node;
    if (update === undefined) {
      await run.push(Array.from(groups.entries.entries(), ({ key, value }) => [key, value]));
    } else {
      const found = await this.#state.open(node);
      const { plan } = this.#context;
      await run.guard(() => checkPlaces(node, found, this.#context, index));
      const pieces = statefulRows({ node, update, plan }, groups, found, this.#spec);
      const next = async (): Promise<IteratorResult<readonly unknown[], readonly Change[]>> => {
        const piece = await run.guard(() => pieces.next());
        this.#meter.lap("state");
        return piece;
      };
      let piece = await next();
      for (; piece.done !== true; piece = await next()) await run.push(piece.value);
      this.#state.propose(found, piece.value);
      this.#meter.lap("state");
    }
    await run.finish();
  }

  /** Rows of the parent become a pane also in batches in which the window has no RDD. */
  async #runWindow(segment: Segment, node: WindowNode, edge: Edge | undefined): Promise<void> {
    const { index, counts, present, batchTime: time } = this.#spec;
    const isDue = present[node.id] as boolean;
    if (index >= (counts[node.id] as number) || !(isDue || present[node.parent.id])) return;
    const found = await this.#state.open(node);
    const run = this.#open(segment, index);
    await run.guard(() => checkPlaces(node, found, this.#context, index));
    const shuffled = edge === undefined ? [] : this.#blocksOf(edge);
    const entered = [
      ...(this.#panes.get(segment)?.blocks ?? []),
      ...shuffled.map(({ block }) => ({ bucket: found.slice.from, block })),
    ];
    const { windowMs, slideMs } = node;
    const move = node.emits === "rows" ? windowRows : windowChanges;
    const moved = move(await storedWindow(found.committed.entries()), { time, windowMs, slideMs, isDue, entered });
    for (const rows of moved.rows) {
      this.#meter.lap("state");
      await run.push(rows);
    }
    this.#state.propose(found, moved.changes);
    this.#meter.lap("state");
    if (isDue) await run.finish();
  }

  async #runMapPartitions(segment: Segment, node: MapPartitionsNode): Promise<void> {
    for (const [partition, rows] of this.#rows.get(segment) ?? []) {
      const run = this.#open(segment, partition);
      await run.push(await run.guard(async () => rowsAtOnce(await node.f(rows, this.#taskInfo(partition)))));
      await run.finish();
    }
  }

  #open(segment: Segment, partition: number): SegmentRun {
    const sinks = segment.sinks.map((sink) => this.#openSink(sink, this.#partitionAt(sink.path, partition)));
    const { steps } = this.#context.runtime;
    return new SegmentRun(segment, sinks, { meter: this.#meter, steps }, (thrown, operator, row) => {
      return placeError(thrown, {
        operator: this.#operator(operator) ?? segment.root.node,
        partition,
        batchTime: this.#spec.batchTime,
        row,
      });
    });
  }

  #openSink(sink: SinkSpec, partition: number): Sink {
    if (sink.kind === "edge") return this.#openEdge(sink.edge, partition);
    if (sink.kind === "output") return this.#openOutput(sink.output, partition);
    return this.#openInlet(sink.segment, sink.input, partition);
  }

  #openEdge(edge: Edge, partition: number): Sink {
    let sequence = 0;
    const emit: EmitBlock = (target, block) => {
      this.#meter.wrote(edge.id, block);
      this.#blocks.push({ edge: edge.id, partition, sequence: sequence++, target, block });
    };
    const { to } = edge;
    if (to.kind === "union") return new ForwardWriter(partition, emit);
    if (to.kind === "window") return new ForwardWriter(partition % (this.#spec.counts[to.id] as number), emit);
    const { buckets } = this.#context.plan.parallelism;
    const partitioning = this.#context.plan.partitionings[to.id];
    const numTargets = this.#spec.counts[to.id] as number;
    if (to.kind === "keyed" && to.mapSideCombine) {
      const { aggregator } = to.inputs[edge.input] as KeyedInput;
      return new CombiningWriter(aggregator, keyLocator(partitioning as KeyPartitioning, buckets), numTargets, emit);
    }
    return new ScatterWriter(rowLocator(partitioning as Partitioning, buckets, partition), numTargets, emit);
  }

  #openOutput(output: Output, partition: number): Sink {
    if (output.kind === "partition") return new PartitionFunction(output.f, this.#taskInfo(partition));
    if (output.kind === "files")
      return new TextFileWriter(output, {
        partition,
        batchTime: this.#spec.batchTime,
        machine: this.#context.runtime,
        done: (part) => this.#outputs.push(part),
      });
    if (output.kind === "kafka" && !isTransactional(output)) {
      const part = { output: output.id, partition, count: 0, blocks: [], complete: true };
      const { kafka, runtime } = this.#context;
      const producer = kafka.producer(output, this.#spec.batchTime);
      const done = (records: RecordFacts): void => void this.#outputs.push({ ...part, records });
      return new KafkaWriter(producer, output.sink, runtime.crashPoint, done);
    }
    const limit = output.kind === "collect" ? output.limit : undefined;
    const collector = new Collector(output.id, partition, limit, this.#context.maxResultBytes, (part) =>
      this.#outputs.push(part),
    );
    return output.kind === "kafka" ? new RecordCollector(collector, output.sink) : collector;
  }

  /** Hands rows to a later segment of this task. */
  #openInlet(segment: Segment, input: number, partition: number): Sink {
    if (segment.root.kind === "keyed") {
      const groups = this.#groupsOf(segment, segment.root.node).input(input);
      return { add: (row) => groups.add(row), finish: () => {} };
    }
    if (segment.root.kind === "window") {
      const writer = new PaneWriter(this.#bucketLocator(segment.root.node));
      this.#panes.set(segment, writer);
      return writer;
    }
    const rows: unknown[] = [];
    const partitions = this.#rows.get(segment) ?? new Map<number, unknown[]>();
    this.#rows.set(segment, partitions.set(partition, rows));
    return { add: (row) => rows.push(row), finish: () => {} };
  }

  /** The bucket of a window's state that a row is kept in: its key's, or the first that the task has. */
  #bucketLocator(node: WindowNode): (row: readonly [unknown, unknown]) => number {
    const { plan } = this.#context;
    if (plan.partitionings[node.id]?.kind === "hash") return ([key]) => hashKey(key) % plan.parallelism.buckets;
    const { from } = this.#state.sliceOf(node);
    return () => from;
  }

  #groupsOf(segment: Segment, node: KeyedNode): KeyedGroups {
    const groups = this.#groups.get(segment) ?? new KeyedGroups(node);
    this.#groups.set(segment, groups);
    return groups;
  }

  /** The blocks of an edge in the order that makes the result independent of when tasks ran. */
  #blocksOf(edge: Edge): EdgeBlock[] {
    const blocks = this.#spec.blocks.filter((block) => block.edge === edge.id);
    return blocks.sort((a, b) => a.partition - b.partition || a.sequence - b.sequence);
  }

  /** The partition that rows of `partition` at a segment's root are in behind the unions of a path. */
  #partitionAt(path: Path, partition: number): number {
    let at = partition;
    for (const { union, parentIndex } of path) {
      for (const parent of union.parents.slice(0, parentIndex)) at += this.#spec.counts[parent.id] as number;
    }
    return at;
  }

  /** A position of the loop: a node, or an output behind the nodes. */
  #operator(position: number): PlanNode | Output | undefined {
    const { nodes, outputs } = this.#context.plan.graph;
    return nodes[position] ?? outputs[position - nodes.length];
  }

  #taskInfo(partition: number): TaskInfo {
    return { batchTime: this.#spec.batchTime, partition, attempt: this.#spec.attempt };
  }
}
