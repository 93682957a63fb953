import {
  close,
  closeSync,
  constants,
  fdatasync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import type { SegmentBytes } from "./segment-bytes.ts";

const { O_CREAT, O_RDWR } = constants;

/**
 * A segment in a file, which is open while it is appended to. As with Kafka's defaults it is not synced at each write: what was
 * acknowledged survives the death of the process, but perhaps not that of the machine. It is synced when it is sealed or closed.
 */
export class FileBytes implements SegmentBytes {
  readonly path: string;
  readonly memoryBytes = 0;
  length: number;
  #file: number | undefined;

  /** @param length bytes of the file that count; what is behind them is written over. */
  constructor(path: string, length: number) {
    this.path = path;
    this.length = length;
  }

  append(batch: Buffer): void {
    const file = this.#open();
    try {
      for (let written = 0; written < batch.length; )
        written += writeSync(file, batch, written, batch.length - written, this.length + written);
    } catch (error) {
      // A full disk: what was written in part must not stand behind the next batch.
      ftruncateSync(file, this.length);
      throw error;
    }
    this.length += batch.length;
  }

  read(position: number, length: number): Buffer {
    const file = this.#file ?? openSync(this.path, "r");
    try {
      const bytes = Buffer.allocUnsafeSlow(length);
      for (let read = 0; read < length; ) {
        const count = readSync(file, bytes, read, length - read, position + read);
        if (count === 0) throw new RangeError(`${this.path} is shorter than ${position + length} bytes`);
        read += count;
      }
      return bytes;
    } finally {
      if (this.#file === undefined) closeSync(file);
    }
  }

  /** Cuts off what is behind the first `length` bytes. */
  truncate(length: number): void {
    ftruncateSync(this.#open(), length);
    this.length = length;
  }

  sync(): void {
    if (this.#file !== undefined) fsyncSync(this.#file);
  }

  async flush(): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    await new Promise<void>((resolve, reject) => fdatasync(file, (error) => (error ? reject(error) : resolve())));
  }

  /** The file is synced beside other work, then closed. */
  seal(): void {
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined) fdatasync(file, () => close(file));
  }

  close(): void {
    if (this.#file === undefined) return;
    fsyncSync(this.#file);
    closeSync(this.#file);
    this.#file = undefined;
  }

  delete(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    rmSync(this.path, { force: true });
  }

  #open(): number {
    this.#file ??= openSync(this.path, O_RDWR | O_CREAT, 0o644);
    return this.#file;
  }
}
