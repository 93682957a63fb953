import assert from "node:assert/strict";
import { test } from "node:test";
import { ScriptedLog } from "../../../test/support/scripted-log.ts";
import { readRecords } from "../../sources/kafka/reading/record-source.ts";
import type { AbortedTransaction } from "../client/requests/fetch.ts";
import { BatchBuilder, stampProducer } from "../record-batch/batch-builder.ts";
import { batchField, batchHeaderBytes } from "../record-batch/batch-header.ts";
import { buildControlBatch } from "../record-batch/control-batch.ts";
import type { KafkaSourceOptions } from "../types.ts";
import { ReadingNotes } from "./reading-notes.ts";

// Logs as compaction, other clients and damaged disks leave them, read as a task reads them.

const at = { topic: "t", partition: 3 };
type Options = Pick<KafkaSourceOptions<string, string, "fail">, "isolationLevel" | "onCorruptBatch">;

/** A batch of these values; with a producer it is of a transaction. */
function batch(baseOffset: number, values: readonly string[], producerId = -1): Buffer {
  const builder = new BatchBuilder(1 << 16);
  for (const value of values) builder.tryAppend("key", value, 1_000, [["h", "x"]]);
  const isTransactional = producerId >= 0;
  return placed(builder.finish({ producerId, producerEpoch: 0, baseSequence: 0, isTransactional }), baseOffset);
}

function placed(bytes: Buffer, baseOffset: number): Buffer {
  bytes.writeBigInt64BE(BigInt(baseOffset), batchField.baseOffset);
  return bytes;
}

function marker(baseOffset: number, type: "abort" | "commit", producerId: number): Buffer {
  return placed(buildControlBatch({ type, producerId, producerEpoch: 0, timestamp: 1_000 }), baseOffset);
}

/** The marker as it is after compaction. */
function emptyMarker(baseOffset: number, type: "abort" | "commit", producerId: number): Buffer {
  const bytes = marker(baseOffset, type, producerId).subarray(0, batchHeaderBytes);
  bytes.writeInt32BE(bytes.length - 12, batchField.length);
  bytes.writeInt32BE(0, batchField.recordCount);
  return stamped(bytes, producerId);
}

function nullKeyMarker(baseOffset: number, type: "abort" | "commit", producerId: number): Buffer {
  const bytes = Buffer.concat([
    marker(baseOffset, type, producerId).subarray(0, batchHeaderBytes),
    Buffer.from([0x0c, 0, 0, 0, 1, 1, 0]),
  ]);
  bytes.writeInt32BE(bytes.length - 12, batchField.length);
  return stamped(bytes, producerId);
}

function stamped(bytes: Buffer, producerId: number): Buffer {
  stampProducer(bytes, { producerId, producerEpoch: 0, baseSequence: -1 });
  return bytes;
}

async function read(
  batches: readonly Buffer[],
  untilOffset: number,
  options: Options = {},
  aborted: readonly AbortedTransaction[] = [],
  fromOffset = 0,
): Promise<{ values: string[]; notes: ReadingNotes }> {
  const log = new ScriptedLog(batches, untilOffset, aborted);
  const notes = new ReadingNotes();
  const values: string[] = [];
  const range = { ...at, fromOffset, untilOffset };
  for await (const records of readRecords(log, range, options, new AbortController().signal, notes)) {
    values.push(...records.map(({ value }) => String(value)));
  }
  return { values, notes };
}

for (const [name, make] of [
  ["without records", emptyMarker],
  ["with a null key", nullKeyMarker],
] as const) {
  test(`a reader passes a control batch ${name}, whatever it reads`, async () => {
    const log = [
      batch(0, ["a", "b"], 7),
      make(2, "commit", 7),
      batch(3, ["c"], 7),
      marker(4, "commit", 7),
      batch(5, ["d"]),
    ];
    for (const isolationLevel of ["read_committed", "read_uncommitted"] as const) {
      assert.deepEqual((await read(log, 6, { isolationLevel })).values, ["a", "b", "c", "d"]);
    }
  });

  test(`a control batch ${name} does not end an aborted transaction`, async () => {
    const log = [
      batch(0, ["a"], 7),
      make(1, "abort", 7),
      batch(2, ["b"], 7),
      marker(3, "abort", 7),
      batch(4, ["c"], 7),
    ];
    const aborted = [{ producerId: 7, firstOffset: 0 }];
    assert.deepEqual((await read(log, 5, {}, aborted)).values, ["c"]);
  });
}

/** Answers with the whole log, whatever is asked for. */
class Generous extends ScriptedLog {
  override fetch(...[request]: Parameters<ScriptedLog["fetch"]>): ReturnType<ScriptedLog["fetch"]> {
    return super.fetch({ ...request, offset: Number.NEGATIVE_INFINITY });
  }
}

test("of a control batch nothing is looked at that is not used", async () => {
  const damaged = marker(1, "commit", 7);
  damaged.fill(0xff, batchHeaderBytes);
  const log = [batch(0, ["a"], 7), stamped(damaged, 7), batch(2, ["b"])];
  assert.deepEqual((await read(log, 3)).values, ["a", "b"]);
  const aborted = [{ producerId: 7, firstOffset: 0 }];
  assert.deepEqual((await read(log, 3, { isolationLevel: "read_uncommitted" }, aborted)).values, ["a", "b"]);
});

test("a marker that is needed and damaged is refused, also where damaged batches are skipped", async () => {
  const damaged = marker(1, "abort", 7);
  damaged.fill(0xff, batchHeaderBytes);
  const log = [batch(0, ["a"], 7), stamped(damaged, 7), batch(2, ["b"], 7)];
  const aborted = [{ producerId: 7, firstOffset: 0 }];
  for (const onCorruptBatch of ["fail", "skip"] as const) {
    await assert.rejects(read(log, 3, { onCorruptBatch }, aborted), {
      code: "CORRUPT_BATCH",
      data: { ...at, offset: 1 },
    });
  }
});

test("a batch whose records are damaged is skipped where the option says so, and told with its offsets", async () => {
  const damaged = batch(2, ["c", "d", "e"]);
  damaged.fill(0xff, damaged.length - 20);
  const mended = stamped(Buffer.from(damaged), -1);
  for (const bytes of [damaged, mended]) {
    const log = [batch(0, ["a", "b"]), bytes, batch(5, ["f"])];
    await assert.rejects(read(log, 6), { code: "CORRUPT_BATCH", data: { ...at, offset: 2 } });
    const { values, notes } = await read(log, 6, { onCorruptBatch: "skip" });
    assert.deepEqual(values, ["a", "b", "f"]);
    assert.equal(notes.offsetsSkipped, 3);
    assert.match(notes.warnings.join("\n"), /^the damaged batch at t-3@2 is skipped, with 3 offsets: .+$/);
  }
});

test("of a damaged batch that two ranges share each counts its own offsets", async () => {
  const damaged = batch(0, ["a", "b", "c", "d"]);
  damaged.fill(0xff, damaged.length - 5);
  const skip = { onCorruptBatch: "skip" } as const;
  assert.equal((await read([damaged], 3, skip)).notes.offsetsSkipped, 3);
  assert.equal((await read([damaged], 4, skip, [], 3)).notes.offsetsSkipped, 1);
});

test("a record with damaged headers is noticed before any record of its batch is given", async () => {
  const damaged = batch(0, ["a", "b"]);
  // The last header's name takes more than there is.
  damaged[damaged.length - 4] = 0x40;
  const log = [stamped(damaged, -1), batch(2, ["c"])];
  const { values, notes } = await read(log, 3, { onCorruptBatch: "skip" });
  assert.deepEqual([values, notes.offsetsSkipped], [["c"], 2]);
});

test("a damaged batch of a codec that nobody knows, or that does not decompress, is skipped", async () => {
  for (const codec of [1, 2, 3, 4, 5, 7]) {
    const damaged = batch(0, ["a", "b"]);
    damaged.writeInt16BE(codec, batchField.attributes);
    const log = [stamped(damaged, -1), batch(2, ["c"])];
    await assert.rejects(read(log, 3), { code: "CORRUPT_BATCH", data: { ...at, offset: 0 } });
    const { values, notes } = await read(log, 3, { onCorruptBatch: "skip" });
    assert.deepEqual([values, notes.offsetsSkipped], [["c"], 2], `codec ${codec}`);
  }
});

for (const [name, make, isMarker] of [
  ["batch of data", () => batch(2, ["c", "d"]), false],
  ["marker", () => marker(2, "abort", 7), true],
] as const) {
  test(`of a flipped bit in a ${name} nothing but its own records can be skipped`, async () => {
    const whole = make();
    const next = isMarker ? 3 : 4;
    for (let bit = batchField.magic * 8; bit < whole.length * 8; bit++) {
      const damaged = Buffer.from(whole);
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
      const reading = read([batch(0, ["a", "b"]), damaged, batch(next, ["e"])], next + 1, { onCorruptBatch: "skip" });
      const isRefused =
        isMarker || bit >> 3 < batchField.crc || (bit >> 3 >= batchField.attributes && bit >> 3 < batchHeaderBytes);
      if (isRefused) {
        await assert.rejects(reading, { code: /^(CORRUPT_BATCH|NOT_SUPPORTED)$/ }, `bit ${bit}`);
        continue;
      }
      const { values, notes } = await reading;
      assert.deepEqual([values, notes.offsetsSkipped], [["a", "b", "e"], 2], `bit ${bit}`);
    }
  });
}

test("records that Kafka's Java client passes over are told of", async () => {
  const odd = batch(0, ["a", "b", "c"]);
  // Each record has its offset delta behind two bytes of length and one each of attributes and timestamp.
  for (let i = 0, position = batchHeaderBytes; i < 3; i++, position += ((odd[position] as number) >> 1) + 1)
    odd[position + 3] = 0;
  const { values, notes } = await read([stamped(odd, -1), batch(3, ["d"])], 4);
  assert.deepEqual(values, ["a", "d"]);
  assert.deepEqual(notes.warnings, [
    "2 records of the batch at t-3@0 are passed over, as by Kafka's Java client: their offsets do not rise above those of the records before them",
  ]);
});

test("a record whose offset is above the last of its batch is read with the batch, once", async () => {
  const odd = batch(0, ["a", "b"]);
  for (let i = 0, position = batchHeaderBytes; i < 2; i++, position += ((odd[position] as number) >> 1) + 1)
    odd[position + 3] = 2 * (i + 1);
  const log = [stamped(odd, -1), batch(2, ["c"])];
  assert.deepEqual((await read(log, 3)).values, ["a", "b", "c"]);
  assert.deepEqual((await read(log, 2)).values, ["a", "b"]);
  assert.deepEqual((await read(log, 3, {}, [], 2)).values, ["c"]);
  assert.deepEqual((await read(log, 2, {}, [], 1)).values, ["a", "b"]);
});

test("batches below the asked offset are passed over; one that begins below the end of the one before it is refused", async () => {
  const log = new Generous([batch(0, ["a", "b"]), batch(2, ["c", "d"]), batch(4, ["e"])], 5);
  const values: unknown[] = [];
  const range = { ...at, fromOffset: 3, untilOffset: 5 };
  for await (const records of readRecords(log, range, {}, new AbortController().signal)) {
    values.push(...records.map(({ value }) => value));
  }
  assert.deepEqual(values, ["d", "e"]);
  await assert.rejects(read([batch(0, ["a", "b"]), batch(1, ["x"]), batch(2, ["c"])], 3), {
    code: "CORRUPT_BATCH",
    message: /t-3@1: the batch before it, at 0, ends only at 2$/,
  });
});

test("offsets that cannot be counted are refused", async () => {
  for (const offset of [2 ** 53, 2 ** 62, -(2 ** 40), -1]) {
    const log = new Generous([placed(batch(0, ["a"]), offset)], 1);
    const range = { ...at, fromOffset: 0, untilOffset: 1 };
    const reading = readRecords(log, range, { onCorruptBatch: "skip" }, new AbortController().signal).next();
    await assert.rejects(reading, { code: "CORRUPT_BATCH", data: { ...at, offset } });
  }
});

test("with log append time records have the batch's largest timestamp, whatever they say", async () => {
  for (const time of [-1n, 0n, 1_700_000_000_000n, 2n ** 52n]) {
    const bytes = batch(0, ["a"]);
    bytes.writeInt16BE(8, batchField.attributes);
    bytes.writeBigInt64BE(time, batchField.maxTimestamp);
    const log = new ScriptedLog([stamped(bytes, -1)], 1);
    const range = { ...at, fromOffset: 0, untilOffset: 1 };
    for await (const records of readRecords(log, range, {}, new AbortController().signal)) {
      assert.deepEqual(
        records.map(({ timestamp }) => timestamp),
        [Number(time)],
      );
    }
  }
});

test("each fetch of a planned range has its leader's epoch; where the broker finds another log, the end of the range decides", async () => {
  const batches = [batch(0, ["a", "b"]), batch(2, ["c"])];
  const range = { ...at, fromOffset: 0, untilOffset: 3, leaderEpoch: 4 };
  for (const [epochEnd, lastEpochs] of [
    [undefined, [4]],
    [3, [4, -1]],
  ] as const) {
    const log = new ScriptedLog(batches, 3);
    log.epochEnd = epochEnd;
    const values: unknown[] = [];
    for await (const records of readRecords(log, range, {}, new AbortController().signal)) {
      values.push(...records.map(({ value }) => value));
    }
    assert.deepEqual(values, ["a", "b", "c"]);
    assert.deepEqual(log.lastEpochs, lastEpochs);
  }
  const truncated = new ScriptedLog(batches, 3);
  truncated.epochEnd = 2;
  await assert.rejects(readRecords(truncated, range, {}, new AbortController().signal).next(), {
    code: "LOG_TRUNCATED",
    data: { ...at, offset: 3, leaderEpoch: 4, partsAt: 2, option: "onLogTruncation" },
  });
});

/** A message as Kafka before 0.11 has it in its files: of magic 0, or of magic 1 with a time. */
function oldMessage(offset: number, magic: 0 | 1): Buffer {
  const body = Buffer.from([
    magic,
    0,
    ...(magic === 1 ? [0, 0, 1, 0x8b, 0xcf, 0xe5, 0x68, 0] : []),
    255,
    255,
    255,
    255,
    0,
    0,
    0,
    1,
    0x61,
  ]);
  const message = Buffer.alloc(16 + body.length);
  message.writeBigInt64BE(BigInt(offset));
  message.writeInt32BE(4 + body.length, 8);
  message.set(body, 16);
  return message;
}

for (const magic of [0, 1] as const) {
  test(`messages of format ${magic} are refused, which is no damage: with their place and what to do`, async () => {
    for (const onCorruptBatch of ["fail", "skip"] as const) {
      const log = new Generous([batch(0, ["a"]), oldMessage(1, magic), oldMessage(2, magic)], 3);
      const range = { ...at, fromOffset: 0, untilOffset: 3 };
      await assert.rejects(readRecords(log, range, { onCorruptBatch }, new AbortController().signal).next(), {
        code: "NOT_SUPPORTED",
        message: `[NOT_SUPPORTED] message at t-3@1 has the format of Kafka before 0.11 (magic ${magic}); copy the topic to a new one with a current producer, or begin behind these messages with startingOffsets`,
        data: { ...at, offset: 1 },
      });
    }
  });
}
