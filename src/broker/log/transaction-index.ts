/** An aborted transaction: readers of committed data leave out this producer's batches in it. */
export interface AbortedRange {
  readonly producerId: number;
  readonly firstOffset: number;
  /** Of the marker. */
  readonly lastOffset: number;
}

/** The open and the aborted transactions of one partition. */
export class TransactionIndex {
  /** First offset by producer; in the order of the offsets, since each is added when it is the newest. */
  readonly #open = new Map<number, number>();
  /** In the order of their markers. */
  #aborted: AbortedRange[] = [];

  /** The first offset that belongs to a transaction that has not ended. */
  get firstOpenOffset(): number | undefined {
    return this.#open.values().next().value;
  }

  isOpen(producerId: number): boolean {
    return this.#open.has(producerId);
  }

  /** Producers with an open transaction. */
  openProducers(): number[] {
    return [...this.#open.keys()];
  }

  wrote(producerId: number, baseOffset: number): void {
    if (!this.#open.has(producerId)) this.#open.set(producerId, baseOffset);
  }

  ended(producerId: number, markerOffset: number, isAborted: boolean): void {
    const firstOffset = this.#open.get(producerId);
    this.#open.delete(producerId);
    if (isAborted && firstOffset !== undefined) {
      this.#aborted.push({ producerId, firstOffset, lastOffset: markerOffset });
    }
  }

  /** Those that touch the offsets from `fromOffset` to `endOffset`, the latter exclusive. */
  abortedBetween(fromOffset: number, endOffset: number): AbortedRange[] {
    const aborted = this.#aborted;
    let low = 0;
    let high = aborted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((aborted[middle] as AbortedRange).lastOffset < fromOffset) low = middle + 1;
      else high = middle;
    }
    return aborted.slice(low).filter(({ firstOffset }) => firstOffset < endOffset);
  }

  /** The log now starts at `offset`: what ended before it matters to nobody. */
  startMoved(offset: number): void {
    if ((this.#aborted[0]?.lastOffset ?? offset) < offset) {
      this.#aborted = this.#aborted.filter(({ lastOffset }) => lastOffset >= offset);
    }
  }
}
