/** The bytes of one segment, only ever appended to: in memory, or in a file. */
export interface SegmentBytes {
  readonly size: number;
  /** Whether `bytes` more fit. */
  hasRoom(bytes: number): boolean;
  append(batch: Buffer): void;
  /** The bytes from `position` on, `length` of them: a view where they are in memory. */
  read(position: number, length: number): Buffer;
  /** Makes them survive the machine, too. */
  flush(): void;
  /** They are not needed any more. */
  remove(): void;
}

/** A block that is allocated once: appending copies each batch into it, reading gives views of it. */
export class MemoryBytes implements SegmentBytes {
  readonly capacity: number;
  readonly #block: Buffer;
  #size = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#block = Buffer.allocUnsafeSlow(capacity);
  }

  get size(): number {
    return this.#size;
  }

  hasRoom(bytes: number): boolean {
    return this.#size + bytes <= this.capacity;
  }

  append(batch: Buffer): void {
    this.#size += batch.copy(this.#block, this.#size);
  }

  read(position: number, length: number): Buffer {
    return this.#block.subarray(position, position + length);
  }

  flush(): void {}

  /** Answers on their way may still hold views; the memory goes with the last of them. */
  remove(): void {}
}
