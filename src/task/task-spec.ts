import type { Block } from "../codec/block.ts";
import type { TaskFacts } from "../listeners/facts/task-facts.ts";
import type { SourceInput } from "../sources/source-input.ts";
import type { StateFile } from "../state/files/state-file.ts";
import type { StateSlice } from "../state/manifest.ts";

/** Rows that an earlier stage wrote for a task of a later one. `partition` and `sequence` order them: within an edge, first by the partition they came from. */
export interface EdgeBlock {
  readonly edge: number;
  /** Partition of the stream that the rows left. */
  readonly partition: number;
  readonly sequence: number;
  /** Task of the later stage. */
  readonly target: number;
  readonly block: Block;
}

/** One task: a stage of the plan over one partition. Everything in it can be cloned and sent. */
export interface TaskSpec {
  readonly stage: number;
  readonly index: number;
  readonly batchTime: number;
  readonly attempt: number;
  /** Partitions of each node in this batch, by node id. */
  readonly counts: readonly number[];
  /** Whether each node has an RDD in this batch, by node id. */
  readonly present: readonly boolean[];
  /** At stage 0. */
  readonly input: SourceInput | undefined;
  /** At later stages, in any order. */
  readonly blocks: readonly EdgeBlock[];
  /** The state of the stage's operators in this partition, as the batch before left it. */
  readonly state: readonly StateSlice[];
}

/** What the records of a partition tell the driver, which alone sees all of a batch. */
export interface RecordFacts {
  /** Whether there were rows that are key and value because they are arrays of two. */
  readonly pairs: boolean;
  /** Whether there were rows that are values because they are none. */
  readonly values: boolean;
  /** The highest partition that records name, by topic; -1 for a topic that was named without a partition. */
  readonly highest: Readonly<Record<string, number>>;
  /** How many records there were for each topic. */
  readonly byTopic: Readonly<Record<string, number>>;
}

/** Rows of an output in one partition. Blocks may be missing where the output is limited or too large; `count` counts all rows seen. */
export interface OutputPart {
  readonly output: number;
  readonly partition: number;
  readonly count: number;
  readonly blocks: readonly Block[];
  /** Whether the blocks hold all rows counted. */
  readonly complete: boolean;
  /** Of outputs to Kafka. */
  readonly records?: RecordFacts;
}

export interface TaskResult {
  readonly blocks: readonly EdgeBlock[];
  readonly outputs: readonly OutputPart[];
  /** What the task wrote of its operators' state; nothing for those that did not change. */
  readonly stateFiles: readonly StateFile[];
  /** What reading has to tell the user. */
  readonly warnings: readonly string[];
  /** What the task added to the job's accumulators, by their id. */
  readonly added: Readonly<Record<number, number>>;
  /** What the task says of itself. Nothing of the batch depends on it. */
  readonly facts: TaskFacts;
}
