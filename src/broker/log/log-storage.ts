import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** Where a partition's batches are: in memory, or in a file. */
export interface LogStorage {
  /** Returns where the batch is. */
  append(batch: Buffer): number;
  read(position: number, length: number): Buffer;
  /** The batch at `position` is not needed any more. */
  drop(position: number): void;
  close(): void;
}

export class MemoryStorage implements LogStorage {
  readonly #batches = new Map<number, Buffer>();
  #next = 0;

  append(batch: Buffer): number {
    this.#batches.set(this.#next, batch);
    return this.#next++;
  }

  read(position: number): Buffer {
    return this.#batches.get(position) as Buffer;
  }

  drop(position: number): void {
    this.#batches.delete(position);
  }

  close(): void {
    this.#batches.clear();
  }
}

/**
 * An append-only file. As with Kafka's defaults it is not synced at each write: what was acknowledged survives the death of the
 * process, but perhaps not that of the machine. It is synced when it is closed.
 */
export class FileStorage implements LogStorage {
  readonly #file: number;
  #length = 0;

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true });
    this.#file = openSync(path, "a+");
  }

  /** All that is there. */
  contents(path: string): Buffer {
    const bytes = readFileSync(path);
    this.#length = bytes.length;
    return bytes;
  }

  /** Cuts off what a crash left half written. */
  truncate(length: number): void {
    ftruncateSync(this.#file, length);
    this.#length = length;
  }

  append(batch: Buffer): number {
    const position = this.#length;
    for (let written = 0; written < batch.length; ) written += writeSync(this.#file, batch, written);
    this.#length += batch.length;
    return position;
  }

  read(position: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafeSlow(length);
    for (let read = 0; read < length; ) {
      const count = readSync(this.#file, bytes, read, length - read, position + read);
      if (count === 0) throw new RangeError("the log's file is shorter than its index");
      read += count;
    }
    return bytes;
  }

  drop(): void {}

  close(): void {
    fsyncSync(this.#file);
    closeSync(this.#file);
  }
}
