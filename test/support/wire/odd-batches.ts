import type { CompressionName } from "../../../src/kafka/compression/codec.ts";
import { codecs } from "../../../src/kafka/compression/codec.ts";
import { compress } from "../../../src/kafka/compression/compress.ts";
import { stampProducer } from "../../../src/kafka/record-batch/batch-builder.ts";
import { batchField, batchHeaderBytes, batchOverheadBytes } from "../../../src/kafka/record-batch/batch-header.ts";
import { batchOf } from "./records-of.ts";

/** A batch whose records have the key "k", their number as value, and these offset deltas. */
export function withDeltas(deltas: readonly number[], compression: CompressionName = "none"): Buffer {
  const plain = batchOf(deltas.map((_, i) => ({ key: "k", value: `${i}`, timestamp: Date.now() })));
  let position = batchHeaderBytes;
  for (const delta of deltas) {
    // Behind the length and the attributes, of a byte each, and the timestamp delta, which is small.
    let field = position + 2;
    while ((plain[field] as number) > 127) field++;
    plain[field + 1] = delta < 0 ? -2 * delta - 1 : 2 * delta;
    position += 1 + (plain[position] as number) / 2;
  }
  const records = plain.subarray(batchHeaderBytes);
  const body = compression === "none" ? records : compress(compression, records);
  const batch = Buffer.concat([plain.subarray(0, batchHeaderBytes), body]);
  batch.writeInt32BE(batch.length - batchOverheadBytes, batchField.length);
  batch.writeInt16BE(codecs[compression], batchField.attributes);
  stampProducer(batch, { producerId: -1, producerEpoch: -1, baseSequence: -1 });
  return batch;
}
