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
  readonly #files: SyncFileSystem;
  #file: number | undefined;

  /** @param length bytes of the file that count; what is after them is written over. */
  constructor(path: string, length: number, files: SyncFileSystem) {
    this.path = path;
    this.#files = files;
    this.length = length;
  }

  append(batch: Buffer): void {
    const file = this.#open();
    try {
      this.#files.write(file, batch, this.length);
    } catch (error) {
      // A full disk: what was written in part must not stand behind the next batch.
      this.#files.truncate(file, this.length);
      throw error;
    }
    this.length += batch.length;
  }

  read(position: number, length: number): Buffer {
    const file = this.#file ?? this.#files.open(this.path, "read");
    try {
      const bytes = Buffer.allocUnsafeSlow(length);
      if (this.#files.read(file, bytes, position) < length)
        throw new RangeError(`${this.path} is shorter than ${position + length} bytes`);
      return bytes;
    } finally {
      if (this.#file === undefined) this.#files.close(file);
    }
  }

  /** Cuts off what is behind the first `length` bytes. */
  truncate(length: number): void {
    this.#files.truncate(this.#open(), length);
    this.length = length;
  }

  sync(): void {
    if (this.#file !== undefined) this.#files.sync(this.#file);
  }

  async flush(): Promise<void> {
    const file = this.#file;
    if (file !== undefined) await this.#files.flush(file);
  }

  /** The file is synced beside other work, then closed. */
  seal(): void {
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined) return;
    const close = (): void => this.#files.close(file);
    this.#files.flush(file).then(close, close);
  }

  close(): void {
    if (this.#file === undefined) return;
    this.#files.sync(this.#file);
    this.#files.close(this.#file);
    this.#file = undefined;
  }

  delete(): void {
    if (this.#file !== undefined) this.#files.close(this.#file);
    this.#file = undefined;
    this.#files.remove(this.path);
  }

  #open(): number {
    this.#file ??= this.#files.open(this.path, "change");
    return this.#file;
  }
}
