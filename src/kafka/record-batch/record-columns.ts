// The records of one batch as columns of numbers: no object per record, nothing copied. Reused from batch to batch; whoever
// keeps a key or value longer than that copies it.
const smallestCapacity = 1024;

/** Positions point into `bytes`. A length below 0 means null. Only the first `count` entries are meaningful. */
export class RecordColumns {
  bytes: Buffer = Buffer.alloc(0);
  count = 0;
  /** Records that are not in the columns, since one before them in the batch has their offset or a higher one. */
  passedOver = 0;
  keyStart: Int32Array;
  keyLength: Int32Array;
  valueStart: Int32Array;
  valueLength: Int32Array;
  /** Offset minus the batch's base offset. They rise, and may end above the batch's `lastOffsetDelta`. */
  offsetDelta: Int32Array;
  /** Timestamp minus the batch's base timestamp, in milliseconds; may be negative. */
  timestampDelta: Float64Array;
  headerCount: Int32Array;
  /** Where the headers start and end; set only where `headerCount` is above 0. */
  headersStart: Int32Array;
  headersEnd: Int32Array;

  constructor(capacity: number = smallestCapacity) {
    this.keyStart = new Int32Array(capacity);
    this.keyLength = new Int32Array(capacity);
    this.valueStart = new Int32Array(capacity);
    this.valueLength = new Int32Array(capacity);
    this.offsetDelta = new Int32Array(capacity);
    this.timestampDelta = new Float64Array(capacity);
    this.headerCount = new Int32Array(capacity);
    this.headersStart = new Int32Array(capacity);
    this.headersEnd = new Int32Array(capacity);
  }

  /** Makes room for `count` records; what was in the columns is lost. */
  reserve(count: number): void {
    if (count <= this.keyStart.length) return;
    Object.assign(this, new RecordColumns(Math.max(count, 2 * this.keyStart.length)));
  }

  /** The key of record `i`, as a view of `bytes`. */
  key(i: number): Buffer | null {
    return this.view(this.keyStart[i] as number, this.keyLength[i] as number);
  }

  /** The value of record `i`, as a view of `bytes`. */
  value(i: number): Buffer | null {
    return this.view(this.valueStart[i] as number, this.valueLength[i] as number);
  }

  private view(start: number, length: number): Buffer | null {
    return length < 0 ? null : this.bytes.subarray(start, start + length);
  }
}
