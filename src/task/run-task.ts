import { decodeRows } from "../codec/block.ts";
import type { TaskInfo } from "../plan/nodes/map-partitions.ts";
import type { PlanNode } from "../plan/nodes/node.ts";
import type { SourceNode } from "../plan/nodes/source.ts";
import type { Output } from "../plan/output.ts";
import type { Partitioning } from "../plan/partitioner.ts";
import type { Edge } from "../plan/plan.ts";
import { keyLocator } from "./locate-key.ts";
import { placeError } from "./place-error.ts";
import type { Path, SinkSpec, Stage } from "./program/stage.ts";
import { readSource } from "./read-source.ts";
import { Collector } from "./sinks/collector.ts";
import { CombiningWriter, type EmitBlock } from "./sinks/combining-writer.ts";
import { ForwardWriter } from "./sinks/forward-writer.ts";
import { KafkaWriter } from "./sinks/kafka-writer.ts";
import { KeyedAccumulator } from "./sinks/keyed-accumulator.ts";
import { PartitionFunction } from "./sinks/partition-function.ts";
import type { Sink } from "./sinks/sink.ts";
import { StageRun } from "./stage-run.ts";
import type { TaskContext } from "./task-context.ts";
import type { EdgeBlock, OutputPart, SourceInput, TaskResult, TaskSpec } from "./task-spec.ts";
import { updateState } from "./update-state.ts";

/** The rows of a source's partition, a chunk at a time: read by the task itself, or by whoever feeds it. */
export type ReadRows = (node: SourceNode, input: SourceInput) => AsyncIterable<unknown[]>;

/**
 * Runs one level over one partition. The same wherever it runs: driver thread, worker thread, Spark executor. `readRows` is
 * by default the task's own reading from Kafka.
 */
export function runTask(
  spec: TaskSpec,
  context: TaskContext,
  signal: AbortSignal,
  readRows: ReadRows = (node, input) => readSource(node, input, context.kafka, signal),
): Promise<TaskResult> {
  return new Task(spec, context, readRows).run();
}

/** Rows that wait, inside a task, for the stage that begins with them. */
type Inlet =
  | { readonly kind: "keyed"; readonly rows: KeyedAccumulator }
  | { readonly kind: "rows"; readonly rows: unknown[] };

class Task {
  readonly #spec: TaskSpec;
  readonly #context: TaskContext;
  readonly #readRows: ReadRows;
  readonly #blocks: EdgeBlock[] = [];
  readonly #outputs: OutputPart[] = [];
  readonly #inlets = new Map<Stage, Map<number, Inlet>>();
  #recordsRead = 0;

  constructor(spec: TaskSpec, context: TaskContext, readRows: ReadRows) {
    this.#spec = spec;
    this.#context = context;
    this.#readRows = readRows;
  }

  async run(): Promise<TaskResult> {
    for (const stage of this.#context.program(this.#spec.level).stages) {
      await this.#runRoot(stage);
      this.#openState(stage);
      for (const [partition, inlet] of this.#inlets.get(stage) ?? []) await this.#runInlet(stage, partition, inlet);
    }
    return { blocks: this.#blocks, outputs: this.#outputs, recordsRead: this.#recordsRead };
  }

  /** A stage whose rows come into the task from outside: a source, or an edge. */
  async #runRoot(stage: Stage): Promise<void> {
    const { root } = stage;
    const { index, input, counts, present } = this.#spec;
    if (root.kind === "source") {
      if (input?.source === root.node.id) await this.#runSource(stage, root.node, input.partition);
    } else if (root.kind !== "mapPartitions" && root.edge !== undefined) {
      const streamed = root.kind === "keyed" ? root.node : root.edge.from;
      if (index >= (counts[streamed.id] as number) || !present[root.node.id]) return;
      const blocks = this.#blocksOf(root.edge);
      if (root.kind === "keyed") {
        const rows = new KeyedAccumulator(root.node.aggregator);
        const run = this.#open(stage, index);
        await run.guard(() => {
          for (const { block } of blocks) rows.merge(block);
        });
        await this.#finishKeyed(run, stage, index, rows);
      } else {
        const run = this.#open(stage, index);
        for (const { block } of blocks) await run.push(decodeRows(block));
        await run.finish();
      }
    }
  }

  /** State is updated in every batch, also when the stage that feeds it has no RDD and did not run. */
  #openState(stage: Stage): void {
    const { root } = stage;
    if (root.kind !== "keyed" || root.edge !== undefined || root.node.update === undefined) return;
    const { index, counts } = this.#spec;
    if (index < (counts[root.node.id] as number) && !this.#inlets.get(stage)?.has(index)) this.#openInlet(stage, index);
  }

  async #runSource(stage: Stage, node: SourceNode, partition: number): Promise<void> {
    const run = this.#open(stage, partition);
    if (this.#spec.input !== undefined) {
      for await (const rows of this.#readRows(node, this.#spec.input)) {
        this.#recordsRead += rows.length;
        await run.push(rows);
      }
    }
    await run.finish();
  }

  /** A stage whose rows earlier stages of this task left. */
  async #runInlet(stage: Stage, partition: number, inlet: Inlet): Promise<void> {
    const run = this.#open(stage, partition);
    const { root } = stage;
    if (inlet.kind === "keyed") {
      await this.#finishKeyed(run, stage, partition, inlet.rows);
    } else if (root.kind === "mapPartitions") {
      await run.push(await run.guard(() => root.node.f(inlet.rows, this.#taskInfo(partition))));
      await run.finish();
    }
  }

  async #finishKeyed(run: StageRun, { root }: Stage, partition: number, accumulated: KeyedAccumulator): Promise<void> {
    if (root.kind !== "keyed") return;
    const { node } = root;
    const { update } = node;
    const { state, plan } = this.#context;
    const rows = await run.guard(() => {
      if (update === undefined) return Array.from(accumulated.entries.entries(), ({ key, value }) => [key, value]);
      const name = plan.graph.names[node.id] as string;
      return updateState(update, accumulated.entries, state.open(name, partition), this.#spec.batchTime);
    });
    await run.push(rows);
    await run.finish();
  }

  #open(stage: Stage, partition: number): StageRun {
    const sinks = stage.sinks.map((sink) => this.#openSink(sink, this.#partitionAt(sink.path, partition)));
    return new StageRun(stage, sinks, (thrown, operator, row) => {
      return placeError(thrown, {
        operator: this.#operator(operator) ?? stage.root.node,
        partition,
        batchTime: this.#spec.batchTime,
        row,
      });
    });
  }

  #openSink(sink: SinkSpec, partition: number): Sink {
    if (sink.kind === "edge") return this.#openEdge(sink.edge, partition);
    if (sink.kind === "output") return this.#openOutput(sink.output, partition);
    return this.#openInlet(sink.stage, partition);
  }

  #openEdge(edge: Edge, partition: number): Sink {
    let sequence = 0;
    const emit: EmitBlock = (target, block) => {
      this.#blocks.push({ edge: edge.id, partition, sequence: sequence++, target, block });
    };
    if (edge.to.kind === "union") return new ForwardWriter(partition, emit);
    const { node } = edge.to;
    const { plan } = this.#context;
    const locate = keyLocator(plan.partitionings[node.id] as Partitioning, plan.parallelism.buckets);
    return new CombiningWriter(node.aggregator, locate, this.#spec.counts[node.id] as number, emit);
  }

  #openOutput(output: Output, partition: number): Sink {
    if (output.kind === "partition") return new PartitionFunction(output.f, this.#taskInfo(partition));
    if (output.kind === "kafka")
      return new KafkaWriter(this.#context.kafka.producer(output.sink.connection), output.sink);
    return new Collector(output.id, partition, output.limit, this.#context.maxResultBytes, (part) =>
      this.#outputs.push(part),
    );
  }

  #openInlet(stage: Stage, partition: number): Sink {
    const inlets = this.#inlets.get(stage) ?? new Map<number, Inlet>();
    this.#inlets.set(stage, inlets);
    if (stage.root.kind === "keyed") {
      const rows = new KeyedAccumulator(stage.root.node.aggregator);
      inlets.set(partition, { kind: "keyed", rows });
      return { add: (row) => rows.add(row), finish: () => {} };
    }
    const rows: unknown[] = [];
    inlets.set(partition, { kind: "rows", rows });
    return { add: (row) => rows.push(row), finish: () => {} };
  }

  /** The blocks of an edge in the order that makes the result independent of when tasks ran. */
  #blocksOf(edge: Edge): EdgeBlock[] {
    const blocks = this.#spec.blocks.filter((block) => block.edge === edge.id);
    return blocks.sort((a, b) => a.partition - b.partition || a.sequence - b.sequence);
  }

  /** The partition that rows of `partition` at a stage's root are in behind the unions of a path. */
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
