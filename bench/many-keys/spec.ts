/** What the job of many keys is told. */
export interface ManyKeysSpec {
  readonly brokers: string;
  readonly checkpointDir: string;
  readonly stateStore: "memory" | "disk";
}

/** A record of its input: keys `first` to `first + count`, each stepped `step` from the one before, modulo `of`. */
export interface KeyRange {
  readonly first: number;
  readonly count: number;
  readonly step: number;
  readonly of: number;
}

/** What it tells of a batch that was committed. */
export interface BatchReport {
  readonly time: number;
  readonly keys: number;
  /** Milliseconds. */
  readonly took: number;
  /** The most that its process had so far, in MiB. */
  readonly maxRssMb: number;
}
