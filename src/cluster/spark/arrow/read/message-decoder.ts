import { ArrowError } from "../arrow-error.ts";
import type { Field } from "../field.ts";
import { continuation, headerTypes, messageSlots } from "../ipc-format.ts";
import type { ArrowBatch } from "./arrow-batch.ts";
import { type FlatTable, readFlatbuffer } from "./flat-table.ts";
import { readBatch } from "./read-columns.ts";
import { readSchema } from "./read-schema.ts";

// An Arrow IPC stream is a sequence of messages: a prefix of 8 bytes (-1, length of the metadata), the metadata, the body.
// First comes a schema, then batches, then a prefix whose length is 0.

export const prefixBytes = 8;
const metadataBytesMax = 4 * 1024 * 1024;
/** Offsets within a batch have 31 bits; larger bodies are no batches of Spark's. */
const bodyBytesMax = 2 ** 31;

/** Length of the metadata behind a prefix; 0 at the stream's end. @throws ArrowError */
export function metadataLength(prefix: Buffer): number {
  const length = prefix.readInt32LE(4);
  if (prefix.readInt32LE(0) === continuation && length >= 0 && length <= metadataBytesMax) return length;
  throw new ArrowError(`no Arrow message begins with ${prefix.toString("hex")}`);
}

/** Length of the body behind the metadata. @throws ArrowError */
export function bodyLength(metadata: Buffer): number {
  const length = readFlatbuffer(metadata, (message) => message.length(messageSlots.bodyLength));
  if (length <= bodyBytesMax) return length;
  throw new ArrowError(`an Arrow body of ${length} bytes, the limit is ${bodyBytesMax}`);
}

/** Knows the schema once it has come. */
export class MessageDecoder {
  #fields: readonly Field[] | undefined;

  /** A batch, or undefined for the schema. @throws ArrowError, NOT_SUPPORTED */
  decode(metadata: Buffer, body: Buffer): ArrowBatch | undefined {
    return readFlatbuffer(metadata, (message) => {
      const type = message.uint8(messageSlots.headerType);
      if (type === headerTypes.schema && this.#fields === undefined) {
        this.#fields = readSchema(headerOf(message));
        return undefined;
      }
      if (type === headerTypes.recordBatch && this.#fields !== undefined) {
        return readBatch(this.#fields, headerOf(message), body);
      }
      const expected = this.#fields === undefined ? "the schema" : "a batch";
      throw new ArrowError(`an Arrow message of type ${type} where ${expected} was expected`);
    });
  }
}

function headerOf(message: FlatTable): FlatTable {
  const header = message.table(messageSlots.header);
  if (header === undefined) throw new ArrowError("an Arrow message without a header");
  return header;
}
