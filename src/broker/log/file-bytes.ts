import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import type { SegmentBytes } from "./segment-bytes.ts";

/** More files than this are not kept open; the one that was opened first is closed, and opened again when it is needed. */
const maxOpenFiles = 256;
const openFiles = new Set<FileBytes>();

/**
 * An append-only file. As with Kafka's defaults a write is not synced: what was acknowledged survives the death of the process, but
 * perhaps not that of the machine, until `flush`.
 */
export class FileBytes implements SegmentBytes {
  readonly path: string;
  readonly #maxBytes: number;
  #descriptor: number | undefined;
  #size: number;
  #isFlushed = true;

  /** Full at `maxBytes`. A file that is there is continued. */
  constructor(path: string, maxBytes: number) {
    this.path = path;
    this.#maxBytes = maxBytes;
    this.#size = existsSync(path) ? statSync(path).size : 0;
  }

  get size(): number {
    return this.#size;
  }

  hasRoom(bytes: number): boolean {
    return this.#size === 0 || this.#size + bytes <= this.#maxBytes;
  }

  /** All of the batch, or, where the disk refuses it, nothing. */
  append(batch: Buffer): void {
    const descriptor = this.#open();
    this.#isFlushed = false;
    try {
      for (let written = 0; written < batch.length; ) {
        written += writeSync(descriptor, batch, written, batch.length - written, this.#size + written);
      }
    } catch (error) {
      ftruncateSync(descriptor, this.#size);
      throw error;
    }
    this.#size += batch.length;
  }

  read(position: number, length: number): Buffer {
    const descriptor = this.#open();
    const bytes = Buffer.allocUnsafeSlow(length);
    for (let read = 0; read < length; ) {
      const count = readSync(descriptor, bytes, read, length - read, position + read);
      if (count === 0) throw new RangeError(`${this.path} ended at byte ${position + read}, it had ${this.#size}`);
      read += count;
    }
    return bytes;
  }

  /** Cuts off what a crash left half written. */
  truncate(size: number): void {
    ftruncateSync(this.#open(), size);
    this.#size = size;
    this.#isFlushed = false;
  }

  flush(): void {
    if (!this.#isFlushed) fsyncSync(this.#open());
    this.#isFlushed = true;
    this.#close();
  }

  remove(): void {
    this.#close();
    rmSync(this.path, { force: true });
    this.#size = 0;
    this.#isFlushed = true;
  }

  #open(): number {
    if (this.#descriptor !== undefined) return this.#descriptor;
    const [oldest] = openFiles;
    if (openFiles.size >= maxOpenFiles && oldest !== undefined) oldest.#close();
    openFiles.add(this);
    // Created where it is missing, writable at any position ("a" would only ever append).
    this.#descriptor = openSync(this.path, existsSync(this.path) ? "r+" : "w+");
    return this.#descriptor;
  }

  #close(): void {
    openFiles.delete(this);
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}
