import type { SegmentBytes } from "./segment-bytes.ts";

const firstCapacity = 1024;

/** A segment in one piece of memory, which doubles until it holds `capacity`. */
export class MemoryBytes implements SegmentBytes {
  length = 0;
  readonly #capacity: number;
  #memory: Buffer;

  /** @param expected bytes that will probably come; its memory is taken at once. */
  constructor(capacity: number, expected: number = firstCapacity) {
    this.#capacity = capacity;
    this.#memory = Buffer.allocUnsafeSlow(Math.min(capacity, Math.max(firstCapacity, expected)));
  }

  get memoryBytes(): number {
    return this.#memory.length;
  }

  append(batch: Buffer): void {
    const end = this.length + batch.length;
    if (end > this.#memory.length) {
      const grown = Math.max(end, Math.min(this.#capacity, 2 * this.#memory.length));
      const memory = Buffer.allocUnsafeSlow(grown);
      this.#memory.copy(memory, 0, 0, this.length);
      this.#memory = memory;
    }
    batch.copy(this.#memory, this.length);
    this.length = end;
  }

  /** A view: what was written is never written over. */
  read(position: number, length: number): Buffer {
    return this.#memory.subarray(position, position + length);
  }

  sync(): void {}
  async flush(): Promise<void> {}
  seal(): void {}
  close(): void {}
  delete(): void {}
}
