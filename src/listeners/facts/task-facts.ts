/** A stretch of time. */
export interface Span {
  /** When it began, epoch ms. */
  readonly start: number;
  /** How long it took: milliseconds with fractions, by a clock that nobody sets. */
  readonly ms: number;
}

/** What a task's time went into, in milliseconds. What is not told apart, as waiting for its turn, is in none. */
export interface TaskTime {
  /** Waiting for, and decoding, what its source gives. */
  readonly fetch: number;
  /** The program's functions, and what is fused with them: combining by key, writing rows into blocks. */
  readonly functions: number;
  /** Reading the blocks of earlier stages, and finishing those for later ones. */
  readonly exchange: number;
  /** Opening, changing and writing keyed state. */
  readonly state: number;
  /** Finishing outputs: waiting for producers and files. */
  readonly sink: number;
}

/** What a task read of one partition of a source. */
export interface PartitionRead {
  /** Node id of the source in the batch's plan. */
  readonly source: number;
  readonly partition: number;
  readonly records: number;
  /** Bytes of keys and values; 0 where the source does not know. */
  readonly bytes: number;
  /** Offsets of damaged batches that were passed over. */
  readonly offsetsSkipped: number;
}

/** What went over an edge between two stages. */
export interface EdgeTraffic {
  readonly blocks: number;
  readonly bytes: number;
}

/** What a task says of itself, on every cluster. It can be cloned, and written as JSON. */
export interface TaskFacts extends Span {
  readonly stage: number;
  /** Its partition: of the inputs at stage 0, of the stage's tasks later. */
  readonly index: number;
  readonly time: TaskTime;
  readonly reads: readonly PartitionRead[];
  /** Rows that left segments, by the id of the node or output that they end at; those that are counted without counting rows one by one. */
  readonly rows: Readonly<Record<number, number>>;
  /** What it wrote for later stages, by edge. */
  readonly edges: Readonly<Record<number, EdgeTraffic>>;
}
