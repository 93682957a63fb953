import assert from "node:assert/strict";
import { test } from "node:test";
import { ScriptedLog } from "../../../test/support/scripted-log.ts";
import { seededRandom } from "../../../test/support/seeded-random.ts";
import { crc32c } from "../../bytes/crc32c.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import { readRecords } from "../../sources/kafka/reading/record-source.ts";
import { fetchRequest } from "../client/requests/fetch.ts";
import { type CompressionName, codecs } from "../compression/codec.ts";
import { ByteReader } from "../protocol/byte-reader.ts";
import { ByteWriter } from "../protocol/byte-writer.ts";
import { ProtocolError } from "../protocol/protocol-error.ts";
import { writeTopics } from "../protocol/topic-partitions.ts";
import { BatchBuilder } from "../record-batch/batch-builder.ts";
import { batchField, batchHeaderBytes } from "../record-batch/batch-header.ts";
import { buildControlBatch } from "../record-batch/control-batch.ts";
import { ReadingNotes } from "./reading-notes.ts";

// Three batches, of which the middle one is changed at random: whatever comes of it, the reader ends, says where it stands, and gives
// the records of the other two or an error.

const at = { topic: "t", partition: 3 };
const records = 10;

function batch(baseOffset: number, compression: CompressionName): Buffer {
  const builder = new BatchBuilder(1 << 16);
  for (let i = 0; i < records; i++) {
    builder.tryAppend(i % 3 === 0 ? null : `key ${i}`, `${baseOffset + i}`, 1_000 + i, [
      ["h", i % 2 === 0 ? "x" : null],
    ]);
  }
  const bytes = builder.finish({
    producerId: 7,
    producerEpoch: 0,
    baseSequence: 0,
    compression,
    isTransactional: true,
  });
  bytes.writeBigInt64BE(BigInt(baseOffset), batchField.baseOffset);
  return bytes;
}

const untouchable = (position: number): boolean =>
  position >= batchField.length && position < batchField.partitionLeaderEpoch;
const decidesOffsets = (position: number): boolean =>
  position < batchField.length || (position >= batchField.lastOffsetDelta && position < batchField.baseTimestamp);

const values = (baseOffset: number): string[] => Array.from({ length: records }, (_, i) => `${baseOffset + i}`);

const middles = {
  ...Object.fromEntries(Object.keys(codecs).map((name) => [name, () => batch(records, name as CompressionName)])),
  marker: () => {
    const bytes = buildControlBatch({ type: "commit", producerId: 7, producerEpoch: 0, timestamp: 1_000 });
    bytes.writeBigInt64BE(BigInt(records), batchField.baseOffset);
    return bytes;
  },
} as Record<string, () => Buffer>;

for (const [name, make] of Object.entries(middles)) {
  test(`a batch (${name}) with random changes ends in records or an error with its place, and hides no record of others`, async () => {
    const random = seededRandom(name.length);
    const [first, last] = [batch(0, "none"), batch(2 * records, "none")];
    const whole = make();
    const outcomes = new Set<string>();
    for (let round = 0; round < 600; round++) {
      const changed = Buffer.from(whole);
      let isMoved = false;
      for (let n = 0; n <= random(3); n++) {
        // Half of the changes in the header, which is short.
        const position = random(2) === 0 ? random(batchHeaderBytes) : random(changed.length);
        if (untouchable(position)) continue;
        changed[position] = random(256);
        isMoved ||= decidesOffsets(position);
      }
      if (random(4) > 0) changed.writeUInt32BE(crc32c(changed, batchField.attributes), batchField.crc);
      const options = {
        onCorruptBatch: random(2) === 0 ? "skip" : "fail",
        isolationLevel: random(2) === 0 ? "read_committed" : "read_uncommitted",
        nullValues: "keep",
        maxDecompressedBytes: 1 << 20,
      } as const;
      const log = new ScriptedLog([first, changed, last], 3 * records, [{ producerId: 9, firstOffset: 0 }]);
      const read: unknown[] = [];
      try {
        const range = { ...at, fromOffset: 0, untilOffset: 3 * records };
        for await (const chunk of readRecords(log, range, options, new AbortController().signal, new ReadingNotes())) {
          read.push(...chunk.map(({ value }) => value));
        }
        outcomes.add("read");
      } catch (error) {
        assert.ok(error instanceof DStreamError, String(error));
        assert.match(error.code, /^(CORRUPT_BATCH|NOT_SUPPORTED|BATCH_TOO_LARGE)$/, error.message);
        const { topic, partition, offset } = error.data as Record<string, unknown>;
        assert.deepEqual([topic, partition, typeof offset], ["t", 3, "number"]);
        outcomes.add(error.code);
        continue;
      } finally {
        assert.ok(log.fetches < 10, `${log.fetches} fetches`);
      }
      if (isMoved) continue;
      assert.deepEqual(read.slice(0, records), values(0), `round ${round}`);
      assert.deepEqual(read.slice(-records), values(2 * records), `round ${round}`);
    }
    assert.ok(outcomes.has("read") && outcomes.has("CORRUPT_BATCH"), [...outcomes].join());
  });
}

/** An answer to a fetch of one partition, as a broker writes it. */
function answer(records: Buffer): Buffer {
  const writer = new ByteWriter();
  writer.flexible = true;
  writer.int32(0).int16(0).int32(0);
  writeTopics(writer, [{ topic: "t", partitions: [3] }], (partition) => {
    writer.int32(partition).int16(0).int64(30).int64(30).int64(0);
    writer.array([7], (producerId) => writer.int64(producerId).int64(0).tags());
    writer.int32(-1).bytes(records).tags();
  });
  writer.tags();
  return Buffer.concat(writer.frame()).subarray(4);
}

test("an answer to a fetch with random changes, or cut anywhere, is an answer or no Kafka response, and takes no memory of its own", () => {
  const random = seededRandom(5);
  const whole = answer(batch(0, "none"));
  const reader = new ByteReader(whole, { flexible: true });
  assert.equal(fetchRequest.read(reader).records.length, batch(0, "none").length);
  const before = process.memoryUsage().arrayBuffers;
  for (let round = 0; round < 5_000; round++) {
    const changed = Buffer.from(whole.subarray(0, random(4) === 0 ? random(whole.length) : whole.length));
    // What is around the records, which are at the end.
    for (let n = 0; n <= random(3) && changed.length > 0; n++)
      changed[random(Math.min(90, changed.length))] = random(256);
    try {
      const { records } = fetchRequest.read(new ByteReader(changed, { flexible: true }));
      assert.ok(records.length <= changed.length);
    } catch (error) {
      assert.ok(error instanceof ProtocolError, String(error));
    }
  }
  assert.ok(process.memoryUsage().arrayBuffers - before < 32 << 20);
});
