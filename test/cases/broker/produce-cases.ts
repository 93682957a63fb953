import assert from "node:assert/strict";
import { crc32c } from "../../../src/bytes/crc32c.ts";
import { xxhash32 } from "../../../src/kafka/compression/xxhash32.ts";
import { batchField } from "../../../src/kafka/record-batch/batch-header.ts";
import { fetch, produce } from "../../support/wire/data-requests.ts";
import { batchOf, linesOf } from "../../support/wire/records-of.ts";
import { createTopic } from "../../support/wire/topic-requests.ts";
import { initProducerId } from "../../support/wire/transaction-requests.ts";
import type { WireConnection } from "../../support/wire/wire-connection.ts";
import { type BrokerCase, fresh, named } from "./case.ts";

/** A batch with a changed field and the checksum that fits it. */
function changed(batch: Buffer, change: (batch: Buffer) => void): Buffer {
  change(batch);
  batch.writeUInt32BE(crc32c(batch, batchField.attributes), batchField.crc);
  return batch;
}

/** What the broker says to such a batch, and that its log stays empty. */
async function refusal(wire: WireConnection, batch: Buffer, config: Record<string, string> = {}): Promise<string> {
  const topic = await createTopic(wire, fresh("refuse"), { config });
  const produced = await produce(wire, topic, batch);
  assert.equal(produced.baseOffset, -1);
  assert.equal((await fetch(wire, topic, 0)).highWatermark, 0);
  return named(produced);
}

async function sequences(
  wire: WireConnection,
  batches: readonly (readonly [number, readonly string[]])[],
  epochs: readonly number[] = [],
): Promise<readonly string[]> {
  const topic = await createTopic(wire, fresh("sequences"));
  const { producerId } = await initProducerId(wire, null);
  const results: string[] = [];
  for (const [i, [baseSequence, values]] of batches.entries()) {
    const options = { producerId, producerEpoch: epochs[i] ?? 0, baseSequence };
    const produced = await produce(wire, topic, batchOf(values, options));
    results.push(`${named(produced)} ${produced.baseOffset}`);
  }
  return results;
}

export const produceCases: readonly BrokerCase[] = [
  {
    name: "batches get the offsets that follow",
    async run(_, wire) {
      const topic = await createTopic(wire, fresh("produce"));
      const first = await produce(wire, topic, batchOf(["a", "b"]));
      const second = await produce(wire, topic, batchOf(["c"]));
      assert.deepEqual([first.baseOffset, second.baseOffset, second.startOffset, second.appendTimeMs], [0, 2, 0, -1]);
      assert.deepEqual(linesOf((await fetch(wire, topic, 0)).batches), ["0:a", "1:b", "2:c"]);
    },
  },
  {
    name: "a topic or partition that is missing is unknown",
    async run(_, wire) {
      const topic = await createTopic(wire, fresh("produce"));
      assert.equal(named(await produce(wire, fresh("missing"), batchOf(["a"]))), "UNKNOWN_TOPIC_OR_PARTITION");
      assert.equal(named(await produce(wire, topic, batchOf(["a"]), { partition: 1 })), "UNKNOWN_TOPIC_OR_PARTITION");
    },
  },
  {
    name: "acknowledgements other than none, one and all are refused",
    async run(_, wire) {
      const topic = await createTopic(wire, fresh("acks"));
      assert.equal(named(await produce(wire, topic, batchOf(["a"]), { acks: 2 })), "INVALID_REQUIRED_ACKS");
      assert.equal(named(await produce(wire, topic, batchOf(["a"]), { acks: 1 })), "NONE");
    },
  },
  {
    name: "without acknowledgement there is no answer; a failure ends the connection",
    async run(broker, wire) {
      const topic = await createTopic(wire, fresh("acks"));
      const silent = await broker.connect();
      produce(silent, topic, batchOf(["a"]), { acks: 0 }).catch(() => {});
      produce(silent, fresh("missing"), batchOf(["a"]), { acks: 0 }).catch(() => {});
      await silent.closed;
      assert.deepEqual(linesOf((await fetch(wire, topic, 0)).batches), ["0:a"]);
    },
  },
  {
    name: "a batch above max.message.bytes is refused",
    async run(_, wire) {
      assert.equal(
        await refusal(wire, batchOf(["x".repeat(500)]), { "max.message.bytes": "500" }),
        "MESSAGE_TOO_LARGE",
      );
      const topic = await createTopic(wire, fresh("size"), { config: { "max.message.bytes": "500" } });
      assert.equal(named(await produce(wire, topic, batchOf(["x".repeat(400)]))), "NONE");
    },
  },
  {
    name: "a batch that no segment has room for is refused",
    async run(_, wire) {
      const config = { "internal.segment.bytes": "500" };
      assert.equal(await refusal(wire, batchOf(["x".repeat(500)]), config), "RECORD_LIST_TOO_LARGE");
      const topic = await createTopic(wire, fresh("segment"), { config });
      assert.equal(named(await produce(wire, topic, batchOf(["x".repeat(400)]))), "NONE");
    },
  },
  {
    name: "a checksum that does not fit is noticed",
    async run(_, wire) {
      const batch = batchOf(["abc"]);
      batch[batch.length - 2] = (batch[batch.length - 2] as number) ^ 1;
      assert.equal(await refusal(wire, batch), "CORRUPT_MESSAGE");
    },
  },
  {
    name: "there is one batch for a partition, neither none nor two",
    async run(_, wire) {
      assert.equal(await refusal(wire, Buffer.alloc(0)), "INVALID_RECORD");
      assert.equal(await refusal(wire, Buffer.concat([batchOf(["a"]), batchOf(["b"])])), "INVALID_RECORD");
    },
  },
  {
    name: "a batch that is cut off is none, and what follows a whole one and is none is left out",
    async run(_, wire) {
      const batch = batchOf(["a", "b"]);
      for (const length of [1, 11, 12, 16, 17, 30, 61, batch.length - 1])
        assert.equal(await refusal(wire, batch.subarray(0, length)), "INVALID_RECORD", `${length} bytes`);
      const topic = await createTopic(wire, fresh("tail"));
      for (const tail of [Buffer.alloc(1), batch.subarray(0, 40)])
        assert.equal(named(await produce(wire, topic, Buffer.concat([batchOf(["c"]), tail]))), "NONE");
      assert.deepEqual(linesOf((await fetch(wire, topic, 0)).batches), ["0:c", "1:c"]);
      assert.equal(await refusal(wire, Buffer.concat([batchOf(["c"]), Buffer.alloc(20)])), "CORRUPT_MESSAGE");
    },
  },
  {
    name: "a length that no batch has is corrupt; one that says too little breaks the checksum, one too much cuts off",
    async run(_, wire) {
      const withLength = (length: (right: number) => number): Buffer => {
        const batch = batchOf(["a", "b"]);
        batch.writeInt32BE(length(batch.length - 12), batchField.length);
        return batch;
      };
      for (const length of [0, -1, 13, 14, 48, 49])
        assert.equal(
          await refusal(
            wire,
            withLength(() => length),
          ),
          "CORRUPT_MESSAGE",
          `${length}`,
        );
      assert.equal(
        await refusal(
          wire,
          withLength((right) => right - 1),
        ),
        "CORRUPT_MESSAGE",
      );
      assert.equal(
        await refusal(
          wire,
          withLength((right) => right + 1),
        ),
        "INVALID_RECORD",
      );
    },
  },
  {
    name: "the size counts only for one whole batch, and before its checksum",
    async run(_, wire) {
      const config = { "max.message.bytes": "1000" };
      const large = batchOf(["x".repeat(2_000)]);
      assert.equal(await refusal(wire, large.subarray(0, 1_500), config), "INVALID_RECORD");
      assert.equal(await refusal(wire, Buffer.concat([batchOf(["x".repeat(600)]), large]), config), "INVALID_RECORD");
      large.writeUInt32BE(0, batchField.crc);
      assert.equal(await refusal(wire, large, config), "MESSAGE_TOO_LARGE");
    },
  },
  {
    name: "clients cannot write markers",
    async run(_, wire) {
      assert.equal(await refusal(wire, batchOf(["a"], { isControl: true })), "INVALID_RECORD");
    },
  },
  {
    name: "counts, offsets and sequences that contradict each other are refused",
    async run(_, wire) {
      const count = changed(batchOf(["a", "b"]), (batch) => batch.writeInt32BE(3, batchField.recordCount));
      assert.equal(await refusal(wire, count), "INVALID_RECORD");
      const delta = changed(batchOf(["a", "b"]), (batch) => batch.writeInt32BE(5, batchField.lastOffsetDelta));
      assert.equal(await refusal(wire, delta), "INVALID_RECORD");
      const base = changed(batchOf(["a"]), (batch) => batch.writeBigInt64BE(7n, batchField.baseOffset));
      assert.equal(await refusal(wire, base), "INVALID_RECORD");
      assert.equal(await refusal(wire, batchOf(["a"], { producerId: 5, producerEpoch: 0 })), "INVALID_RECORD");
    },
  },
  {
    name: "records that are damaged although the checksum fits are refused",
    async run(_, wire) {
      const batch = changed(batchOf(["abc"]), (bytes) => bytes.writeUInt8(126, bytes.length - 5));
      assert.equal(await refusal(wire, batch), "INVALID_RECORD");
    },
  },
  {
    name: "an old message format is refused, one that is not known is corrupt",
    async run(_, wire) {
      for (const [magic, expected] of [
        [0, "INVALID_RECORD"],
        [1, "INVALID_RECORD"],
        [3, "CORRUPT_MESSAGE"],
        [-1, "CORRUPT_MESSAGE"],
      ] as const) {
        const batch = batchOf(["a"]);
        batch.writeInt8(magic, batchField.magic);
        assert.equal(await refusal(wire, batch), expected, `magic ${magic}`);
      }
    },
  },
  {
    name: "what cannot be decompressed, or not by the Java client, is refused",
    async run(_, wire) {
      const attributes = (codec: number) => (batch: Buffer) => batch.writeInt16BE(codec, batchField.attributes);
      for (const codec of [1, 2, 3, 4, 5, 6, 7])
        assert.equal(
          await refusal(wire, changed(batchOf(["abc"]), attributes(codec))),
          "UNKNOWN_SERVER_ERROR",
          `${codec}`,
        );
      // Flags of the LZ4 frame: blocks that refer to earlier ones; reserved; and a checksum of its header that does not fit.
      for (const change of [0x20, 0x02, 0x00]) {
        const lz4 = changed(batchOf(["abc"], { compression: "lz4" }), (batch) => {
          batch[61 + 4] = (batch[61 + 4] as number) ^ change;
          const end = ((batch[61 + 4] as number) & 0x08) !== 0 ? 14 : 6;
          batch[61 + end] = (xxhash32(batch.subarray(61 + 4, 61 + end)) >>> 8) ^ (change === 0 ? 1 : 0);
        });
        assert.equal(await refusal(wire, lz4), "UNKNOWN_SERVER_ERROR", `flags ${change}`);
      }
    },
  },
  {
    name: "headers are looked at like keys and values",
    async run(_, wire) {
      const record = Buffer.from([0, 0, 0, 2, 0x6b, 2, 0x76, 2, 2, 0x68, 2, 0x77]);
      const withHeader = (change: (record: Buffer) => void): Buffer => {
        const own = Buffer.from(record);
        change(own);
        const batch = Buffer.concat([batchOf(["a"]).subarray(0, 61), Buffer.from([own.length * 2]), own]);
        batch.writeInt32BE(batch.length - 12, batchField.length);
        return changed(batch, () => {});
      };
      const topic = await createTopic(wire, fresh("headers"));
      assert.equal(
        named(
          await produce(
            wire,
            topic,
            withHeader(() => {}),
          ),
        ),
        "NONE",
      );
      for (const [at, length] of [
        [8, 1],
        [8, 100],
        [10, 100],
        [10, 0],
      ] as const)
        assert.equal(
          await refusal(
            wire,
            withHeader((own) => own.writeUInt8(length, at)),
          ),
          "INVALID_RECORD",
          `${at}`,
        );
    },
  },
  {
    name: "a transactional batch of nobody belongs to no transaction",
    async run(_, wire) {
      const topic = await createTopic(wire, fresh("nobody"));
      const batch = (): Buffer => batchOf(["a"], { isTransactional: true });
      assert.equal(named(await produce(wire, topic, batch(), { transactionalId: "nobody" })), "NONE");
      const cut = batch().subarray(0, 65);
      assert.equal(named(await produce(wire, topic, cut, { transactionalId: "nobody" })), "INVALID_RECORD");
      assert.equal((await fetch(wire, topic, 0)).lastStableOffset, 1);
    },
  },
  {
    name: "a refusal tells the log's start where the log was looked at, and which records are wrong",
    async run(_, wire) {
      const topic = await createTopic(wire, fresh("start"), { config: { "cleanup.policy": "compact" } });
      const keyless = await produce(wire, topic, batchOf([{ key: "k", value: "a" }, "b"]));
      assert.deepEqual([named(keyless), keyless.startOffset, keyless.wrongRecords], ["INVALID_RECORD", 0, [1]]);
      const cut = await produce(wire, topic, batchOf(["a"]).subarray(0, 30));
      assert.deepEqual([named(cut), cut.startOffset, cut.wrongRecords], ["INVALID_RECORD", -1, []]);
      const epoch = batchOf([{ key: "k", value: "a" }], { producerId: 5, producerEpoch: -5, baseSequence: 0 });
      assert.equal(named(await produce(wire, topic, epoch)), "INVALID_PRODUCER_EPOCH");
    },
  },
  {
    name: "a timestamp far in the future, or older than the topic allows, is refused",
    async run(_, wire) {
      const late = batchOf([{ value: "a", timestamp: Date.now() + 2 * 3_600_000 }]);
      assert.equal(await refusal(wire, late), "INVALID_TIMESTAMP");
      const old = batchOf([{ value: "a", timestamp: Date.now() - 60_000 }]);
      assert.equal(await refusal(wire, old, { "message.timestamp.before.max.ms": "1000" }), "INVALID_TIMESTAMP");
    },
  },
  {
    name: "with LogAppendTime records have the broker's time",
    async run(_, wire) {
      const config = { "message.timestamp.type": "LogAppendTime" };
      const topic = await createTopic(wire, fresh("append-time"), { config });
      const beforeMs = Date.now();
      const { appendTimeMs } = await produce(wire, topic, batchOf([{ value: "a", timestamp: 1_000 }]));
      assert.ok(appendTimeMs >= beforeMs - 1_000 && appendTimeMs <= Date.now() + 1_000, `${appendTimeMs}`);
      const { batches } = await fetch(wire, topic, 0);
      assert.equal(Number(batches.readBigInt64BE(batchField.maxTimestamp)), appendTimeMs);
      assert.equal(batches.readInt16BE(batchField.attributes) & 8, 8);
      assert.deepEqual(linesOf(batches), ["0:a"]);
    },
  },
  {
    name: "the largest timestamp of a batch is counted again",
    async run(_, wire) {
      const topic = await createTopic(wire, fresh("max-timestamp"));
      const records = [5_000, 9_000, 7_000].map((timestamp) => ({ value: "a", timestamp }));
      const lying = changed(batchOf(records), (batch) => batch.writeBigInt64BE(1_000n, batchField.maxTimestamp));
      assert.equal(named(await produce(wire, topic, lying)), "NONE");
      const { batches } = await fetch(wire, topic, 0);
      assert.equal(Number(batches.readBigInt64BE(batchField.maxTimestamp)), 9_000);
      assert.deepEqual(linesOf(batches), ["0:a", "1:a", "2:a"]);
    },
  },
  {
    name: "a topic's codec is what its records are written with",
    async run(_, wire) {
      for (const [compression, codec] of [
        ["gzip", 1],
        ["snappy", 2],
        ["lz4", 3],
        ["zstd", 4],
        ["uncompressed", 0],
      ] as const) {
        const topic = await createTopic(wire, fresh("codec"), { config: { "compression.type": compression } });
        for (const sent of ["none", "zstd"] as const) {
          const batch = batchOf(["value ".repeat(50), "b"], { compression: sent });
          assert.equal(named(await produce(wire, topic, batch)), "NONE");
        }
        const { batches } = await fetch(wire, topic, 0);
        assert.equal(batches.readInt16BE(batchField.attributes) & 7, codec, compression);
        assert.deepEqual(
          linesOf(batches),
          ["0:", "1:", "2:", "3:"].map((at, i) => at + (i % 2 === 0 ? "value ".repeat(50) : "b")),
        );
      }
    },
  },
  {
    name: "a compacted topic wants keys",
    async run(_, wire) {
      const config = { "cleanup.policy": "compact" };
      assert.equal(await refusal(wire, batchOf(["a"]), config), "INVALID_RECORD");
      const topic = await createTopic(wire, fresh("compact"), { config });
      assert.equal(named(await produce(wire, topic, batchOf([{ key: "k", value: null }]))), "NONE");
    },
  },
  {
    name: "a batch that an idempotent producer sends again is written once",
    async run(_, wire) {
      const results = await sequences(wire, [
        [0, ["a", "b"]],
        [2, ["c"]],
        [0, ["a", "b"]],
        [2, ["c"]],
        [3, ["d"]],
      ]);
      assert.deepEqual(results, ["NONE 0", "NONE 2", "NONE 0", "NONE 2", "NONE 3"]);
    },
  },
  {
    name: "a sequence that leaves a gap, or is older than the last five batches, is out of order",
    async run(_, wire) {
      const results = await sequences(wire, [
        [0, ["a"]],
        [2, ["c"]],
        ...[1, 2, 3, 4, 5].map((i) => [i, ["x"]] as const),
        [0, ["a"]],
        [6, ["y"]],
      ]);
      assert.deepEqual(results, [
        "NONE 0",
        "OUT_OF_ORDER_SEQUENCE_NUMBER -1",
        ...[1, 2, 3, 4, 5].map((i) => `NONE ${i}`),
        "OUT_OF_ORDER_SEQUENCE_NUMBER -1",
        "NONE 6",
      ]);
    },
  },
  {
    name: "a new epoch begins at sequence 0, and the one before is refused",
    async run(_, wire) {
      const batches = [
        [0, ["a"]],
        [1, ["b"]],
        [0, ["c"]],
        [1, ["d"]],
        [1, ["e"]],
      ] as const;
      assert.deepEqual(await sequences(wire, batches, [0, 1, 1, 0, 1]), [
        "NONE 0",
        "OUT_OF_ORDER_SEQUENCE_NUMBER -1",
        "NONE 1",
        "INVALID_PRODUCER_EPOCH -1",
        "NONE 2",
      ]);
    },
  },
  {
    name: "a producer that the partition does not know may begin anywhere",
    async run(_, wire) {
      assert.deepEqual(
        await sequences(wire, [
          [17, ["a"]],
          [18, ["b"]],
        ]),
        ["NONE 0", "NONE 1"],
      );
    },
  },
];
