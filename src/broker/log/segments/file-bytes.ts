import type { SyncFileSystem } from "../../../runtime/files/sync-file-system.ts";
import type { SegmentBytes } from "./segment-bytes.ts";

/**
 * A segment in a file, which is open while it is appended to. As with Kafka's defaults it is not synced at each write: what was
 * acknowledged survives the death of the process, but perhaps not that of the machine. It is synced when it is sealed or closed.
 */
export class FileBytes implements SegmentBytes {
  readonly path: string;
  readonly memoryBytes = 0;
  length: number;
  readonly #fs: SyncFileSystem;
  #file: number | undefined;

  /** @param path a file that is there. @param length bytes of it that count; what is behind them is written over. */
  constructor(fs: SyncFileSystem, path: string, length: number) {
    this.#fs = fs;
    this.path = path;
    this.length = length;
  }

  append(batch: Buffer): void {
    const file = this.#open();
    try {
      this.#fs.write(file, batch, this.length);
    } catch (error) {
      // A full disk: what was written in part must not stand behind the next batch.
      this.#fs.truncate(file, this.length);
      throw error;
    }
    this.length += batch.length;
  }

  read(position: number, length: number): Buffer {
    const file = this.#file ?? this.#fs.open(this.path, "read");
    try {
      const bytes = Buffer.allocUnsafeSlow(length);
      if (this.#fs.read(file, bytes, position) < length)
        throw new RangeError(`${this.path} is shorter than ${position + length} bytes`);
      return bytes;
    } finally {
      if (this.#file === undefined) this.#fs.close(file);
    }
  }

  /** Cuts off what is behind the first `length` bytes. */
  truncate(length: number): void {
    this.#fs.truncate(this.#open(), length);
    this.length = length;
  }

  sync(): void {
    if (this.#file !== undefined) this.#fs.sync(this.#file);
  }

  async flush(): Promise<void> {
    if (this.#file !== undefined) await this.#fs.flush(this.#file);
  }

  /** The file is synced beside other work, then closed. */
  seal(): void {
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined) void this.#flushAndClose(file);
  }

  async #flushAndClose(file: number): Promise<void> {
    try {
      await this.#fs.flush(file);
    } catch {
      // Nobody waits for it, and nobody was told that it is on the medium.
    } finally {
      this.#fs.close(file);
    }
  }

  close(): void {
    if (this.#file === undefined) return;
    this.#fs.sync(this.#file);
    this.#fs.close(this.#file);
    this.#file = undefined;
  }

  delete(): void {
    if (this.#file !== undefined) this.#fs.close(this.#file);
    this.#file = undefined;
    this.#fs.remove(this.path);
  }

  #open(): number {
    this.#file ??= this.#fs.open(this.path, "change");
    return this.#file;
  }
}
