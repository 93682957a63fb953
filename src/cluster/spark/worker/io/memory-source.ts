import type { ByteSource } from "../../arrow/read/byte-source.ts";

/** Bytes that are all there. */
export class MemorySource implements ByteSource {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  async read(length: number): Promise<Buffer> {
    const start = this.#position;
    if (length > this.#bytes.length - start) {
      throw new Error(`${length} bytes wanted at byte ${start} of a message of ${this.#bytes.length} bytes`);
    }
    this.#position += length;
    return this.#bytes.subarray(start, this.#position);
  }
}
