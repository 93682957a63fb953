/** A stretch of time. */
export interface Span {
  /** When it began, epoch ms. */
  readonly start: number;
  /** How long it took: milliseconds with fractions, by a clock that nobody sets. */
  readonly ms: number;
}

/** What the time of tasks went into, in milliseconds. What is not told apart, as waiting for a turn, is in none. */
export interface TaskTime {
  /** Waiting for what its source gives, and decoding it. */
  readonly fetch: number;
  /** The program's functions, and what is fused with them: combining by key, putting rows where they are collected. */
  readonly functions: number;
  /** Reading the blocks of earlier stages with their merging by key, and finishing blocks for later ones. */
  readonly exchange: number;
  /** Opening, changing and writing keyed state, with the functions that change it. */
  readonly state: number;
  /** Finishing outputs: waiting for producers and files, and the functions of foreachPartition. */
  readonly sink: number;
}

/** What a task read of one partition of a source. */
export interface PartitionRead {
  /** Node id of the source in the batch's plan. */
  readonly source: number;
  readonly partition: number;
  /** Those that the operators got. */
  readonly records: number;
  /**
   * Of Kafka: of the records, uncompressed, from the first key to the last value; on Spark of keys and values alone. Of a file its length, of
   * other sources the rows as they travel to the task.
   */
  readonly bytes: number;
  /** Offsets of damaged batches that were passed over. */
  readonly offsetsSkipped: number;
}

/** What went over an edge between two stages. */
export interface EdgeTraffic {
  /** Where they are combined by key before: what was left of them. */
  readonly rows: number;
  readonly blocks: number;
  readonly bytes: number;
}

/** What a task read and wrote: the same whenever the task is run with the same input. */
export interface TaskCounts {
  readonly stage: number;
  /** Its partition: of the inputs at stage 0, of the stage's tasks later. */
  readonly index: number;
  readonly reads: readonly PartitionRead[];
  /**
   * Rows that operators gave that begin a segment, by node id, and rows that outputs got, by their id plus the number of nodes. Rows
   * are not counted one by one for this: what has no number of its own is missing.
   */
  readonly rows: Readonly<Record<number, number>>;
  /** What it wrote for later stages, by edge. */
  readonly edges: Readonly<Record<number, EdgeTraffic>>;
}

/** When a task ran, by the clocks of its host. */
export interface TaskTiming extends Span {
  readonly time: TaskTime;
}

/** What a task says of itself, on every cluster. It can be cloned, and written as JSON. */
export interface TaskFacts extends TaskCounts {
  /** Missing where the cluster did not hear of it. */
  readonly timing?: TaskTiming;
}
