/** An epoch of the partition's leader, and the offset of the first record that may be of it. */
export interface LeaderEpoch {
  readonly epoch: number;
  readonly startOffset: number;
}

/** An epoch, and the offset after its last record; −1 both where nothing is known of it. */
export interface EpochEnd {
  readonly epoch: number;
  readonly endOffset: number;
}

export const unknownEpochEnd: EpochEnd = { epoch: -1, endOffset: -1 };

/**
 * The epochs of a partition's leader, as Kafka's leader-epoch cache has them: a new one begins with each start of the broker on its
 * folder, and every batch carries the one in which it was appended. Clients learn by them that a log lost records at its end.
 */
export class LeaderEpochs {
  /** In order of epochs, and of offsets; never empty, the last is the present one. */
  #entries: LeaderEpoch[] = [{ epoch: 0, startOffset: 0 }];

  get all(): readonly LeaderEpoch[] {
    return this.#entries;
  }

  get current(): number {
    return (this.#entries.at(-1) as LeaderEpoch).epoch;
  }

  /** The broker was started again: what is appended from `endOffset` on is of the epoch after the last of `earlier`. */
  begin(earlier: readonly LeaderEpoch[], endOffset: number): void {
    const epoch = (earlier.at(-1)?.epoch ?? 0) + 1;
    // Epochs without a record, or whose records were lost, say nothing.
    this.#entries = [
      ...earlier.filter(({ startOffset }) => startOffset < endOffset),
      { epoch, startOffset: endOffset },
    ];
  }

  /** Lets go of epochs whose records are all below the log's start. */
  forget(startOffset: number): void {
    const kept = this.#entries.findLastIndex((entry) => entry.startOffset <= startOffset);
    if (kept <= 0) return;
    const { epoch } = this.#entries[kept] as LeaderEpoch;
    this.#entries = [{ epoch, startOffset }, ...this.#entries.slice(kept + 1)];
  }

  /** Where the largest epoch up to `asked` ends. */
  endOf(asked: number, logEndOffset: number): EpochEnd {
    if (asked < 0) return unknownEpochEnd;
    if (asked === this.current) return { epoch: asked, endOffset: logEndOffset };
    const next = this.#entries.findIndex(({ epoch }) => epoch > asked);
    if (next < 0) return unknownEpochEnd;
    const { startOffset: endOffset } = this.#entries[next] as LeaderEpoch;
    return { epoch: this.#entries[next - 1]?.epoch ?? asked, endOffset };
  }
}
