import type { ArrowBatch } from "./arrow-batch.ts";
import type { ByteSource } from "./byte-source.ts";
import { bodyLength, MessageDecoder, metadataLength, prefixBytes } from "./message-decoder.ts";

/** Reads the batches of an Arrow IPC stream one by one, and nothing beyond the stream's end. */
export class ArrowStreamReader {
  readonly #source: ByteSource;
  readonly #decoder = new MessageDecoder();
  #ended = false;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /**
   * The next batch, undefined at the stream's end.
   * @throws ArrowError for bytes that are no Arrow stream, NOT_SUPPORTED for types and compression that are not read.
   */
  async next(): Promise<ArrowBatch | undefined> {
    while (!this.#ended) {
      const length = metadataLength(await this.#source.read(prefixBytes));
      if (length === 0) {
        this.#ended = true;
        break;
      }
      const metadata = await this.#source.read(length);
      const batch = this.#decoder.decode(metadata, await this.#source.read(bodyLength(metadata)));
      if (batch !== undefined) return batch;
    }
    return undefined;
  }
}
