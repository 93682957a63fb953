import { ArrowError } from "../arrow-error.ts";
import type { ArrowBatch } from "./arrow-batch.ts";
import { bodyLength, MessageDecoder, metadataLength, prefixBytes } from "./message-decoder.ts";

/**
 * The batches of a whole Arrow IPC stream in memory, with or without its end. They are views of `bytes`.
 * @throws ArrowError, NOT_SUPPORTED
 */
export function readArrowBytes(bytes: Uint8Array): ArrowBatch[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new MessageDecoder();
  const batches: ArrowBatch[] = [];
  let position = 0;
  const take = (length: number): Buffer => {
    if (length > buffer.length - position) {
      throw new ArrowError(`${length} bytes wanted at byte ${position} of ${buffer.length}`);
    }
    position += length;
    return buffer.subarray(position - length, position);
  };
  while (position < buffer.length) {
    const length = metadataLength(take(prefixBytes));
    if (length === 0) break;
    const metadata = take(length);
    const batch = decoder.decode(metadata, take(bodyLength(metadata)));
    if (batch !== undefined) batches.push(batch);
  }
  return batches;
}
