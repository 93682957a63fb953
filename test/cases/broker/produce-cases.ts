import assert from "node:assert/strict";
import { batchField } from "../../../src/kafka/record-batch/batch-header.ts";
import { crc32c } from "../../../src/kafka/record-batch/crc32c.ts";
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
    name: "a batch that is cut off or has a lying length is refused",
    async run(_, wire) {
      const batch = batchOf(["a", "b"]);
      for (const length of [30, batch.length - 1]) {
        const answer = await refusal(wire, batch.subarray(0, length));
        assert.ok(["INVALID_RECORD", "CORRUPT_MESSAGE"].includes(answer), answer);
      }
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
    name: "an old message format is refused",
    async run(_, wire) {
      const batch = batchOf(["a"]);
      batch.writeInt8(1, batchField.magic);
      const answer = await refusal(wire, batch);
      assert.ok(["UNSUPPORTED_FOR_MESSAGE_FORMAT", "INVALID_RECORD", "CORRUPT_MESSAGE"].includes(answer), answer);
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
