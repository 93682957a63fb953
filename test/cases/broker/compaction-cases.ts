import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { decodeBatches } from "../../../src/kafka/record-batch/batch-reader.ts";
import { endOf, fetch, listOffset, produce } from "../../support/wire/data-requests.ts";
import { type BatchOptions, batchOf } from "../../support/wire/records-of.ts";
import { createTopic } from "../../support/wire/topic-requests.ts";
import { addPartitions, endTxn, initProducerId } from "../../support/wire/transaction-requests.ts";
import type { WireConnection } from "../../support/wire/wire-connection.ts";
import { type BrokerCase, fresh, named } from "./case.ts";

// What compaction leaves. Brokers look for work every second, so these take some.

const segmentBytes = 1_000;
const patienceMs = 30_000;

function compactedTopic(wire: WireConnection, config: Readonly<Record<string, string>> = {}): Promise<string> {
  return createTopic(wire, fresh("compacted"), {
    config: {
      "cleanup.policy": "compact",
      "internal.segment.bytes": String(segmentBytes),
      "min.cleanable.dirty.ratio": "0.01",
      ...config,
    },
  });
}

/** Writes "key=value", or "key" for a tombstone. */
async function put(
  wire: WireConnection,
  topic: string,
  records: readonly string[],
  options: BatchOptions & { readonly transactionalId?: string } = {},
): Promise<void> {
  const sent = records.map((record) => {
    const [key = "", value = null] = record.split("=");
    return { key, value };
  });
  const { transactionalId, ...batch } = options;
  const produced = await produce(
    wire,
    topic,
    batchOf(sent, batch),
    transactionalId === undefined ? {} : { transactionalId },
  );
  assert.equal(named(produced), "NONE");
}

/** Begins a segment, which is the last one: what is before may be compacted. */
async function roll(wire: WireConnection, topic: string): Promise<void> {
  await put(wire, topic, [`filler=${"x".repeat(segmentBytes - 100)}`]);
}

/** "offset:key=value" of each record, and "offset:commit" or "offset:abort" of each marker; without the fillers. */
async function lines(wire: WireConnection, topic: string): Promise<string[]> {
  const found: string[] = [];
  const end = (await listOffset(wire, topic, -1)).offset;
  for (let offset = 0; offset < end; ) {
    const { batches } = await fetch(wire, topic, offset);
    for (const { header, columns } of decodeBatches(batches, 0, batches.length, { topic, partition: 0 })) {
      for (let i = 0; i < columns.count; i++) {
        const at = header.baseOffset + (columns.offsetDelta[i] as number);
        const [key, value] = [columns.key(i), columns.value(i)];
        const marker = (): string => (key?.readInt16BE(2) === 0 ? "abort" : "commit");
        const text = header.isControl ? marker() : `${key}${value === null ? "" : `=${value}`}`;
        if (at >= offset && !text.startsWith("filler")) found.push(`${at}:${text}`);
      }
      offset = Math.max(offset, header.baseOffset + header.lastOffsetDelta + 1);
    }
  }
  return found;
}

/** Waits until the topic has become this. */
async function becomes(wire: WireConnection, topic: string, expected: readonly string[]): Promise<void> {
  const untilMs = Date.now() + patienceMs;
  let seen = await lines(wire, topic);
  while (seen.join() !== expected.join() && Date.now() < untilMs) {
    await delay(100);
    seen = await lines(wire, topic);
  }
  assert.deepEqual(seen, expected);
}

const day = 24 * 60 * 60 * 1_000;

export const compactionCases: readonly BrokerCase[] = [
  {
    name: "of each key of a compacted topic the newest record stays, at its offset",
    isSlow: true,
    async run(_, wire) {
      const topic = await compactedTopic(wire);
      for (let i = 0; i < 30; i++) await put(wire, topic, [`a=${i}`, `k${i % 3}=${i}`]);
      await roll(wire, topic);
      await becomes(wire, topic, ["55:k0=27", "57:k1=28", "58:a=29", "59:k2=29"]);
      await put(wire, topic, ["k1=new", "a"]);
      await roll(wire, topic);
      await becomes(wire, topic, ["55:k0=27", "59:k2=29", "61:k1=new", "62:a"]);
      assert.equal((await listOffset(wire, topic, -2)).offset, 0);
      assert.equal(named(await fetch(wire, topic, 3)), "NONE");
    },
  },
  {
    name: "a compressed batch keeps the records that stay, their times and order",
    isSlow: true,
    async run(_, wire) {
      for (const compression of ["gzip", "zstd"] as const) {
        const topic = await compactedTopic(wire);
        const base = Date.now() - day;
        const records = ["a", "b", "a", "c"].map((key, i) => ({ key, value: `${i}`.repeat(100), timestamp: base + i }));
        await produce(wire, topic, batchOf(records, { compression }));
        await roll(wire, topic);
        await becomes(
          wire,
          topic,
          [1, 2, 3].map((i) => `${i}:${records[i]?.key}=${records[i]?.value}`),
        );
        const { batches } = await fetch(wire, topic, 0);
        const [first] = [...decodeBatches(batches, 0, batches.length, { topic, partition: 0 })];
        assert.ok(first);
        assert.deepEqual([first.header.baseOffset, first.header.lastOffsetDelta, first.header.codec > 0], [0, 3, true]);
        assert.equal((await listOffset(wire, topic, base)).offset, 1);
        assert.equal((await listOffset(wire, topic, base + 2)).timestamp, base + 2);
      }
    },
  },
  {
    name: "a tombstone outlives the compaction that sees it first, and goes with a later one",
    isSlow: true,
    async run(_, wire) {
      const topic = await compactedTopic(wire, { "delete.retention.ms": "100" });
      await put(wire, topic, ["a=1", "b=1"]);
      await put(wire, topic, ["a"]);
      await roll(wire, topic);
      await becomes(wire, topic, ["1:b=1", "2:a"]);
      await delay(200);
      await put(wire, topic, ["c=1"]);
      await roll(wire, topic);
      await becomes(wire, topic, ["1:b=1", "4:c=1"]);
    },
  },
  {
    name: "compaction takes aborted records, keeps the markers, and leaves alone what is open",
    isSlow: true,
    async run(_, wire) {
      const topic = await compactedTopic(wire);
      await put(wire, topic, ["a=1", "b=1"]);
      const transaction = async (records: readonly string[], end: boolean | undefined): Promise<void> => {
        const transactionalId = fresh("compacting");
        const identity = await initProducerId(wire, transactionalId);
        await addPartitions(wire, transactionalId, identity, [[topic, 0]]);
        const { producerId, epoch: producerEpoch } = identity;
        await put(wire, topic, records, {
          transactionalId,
          producerId,
          producerEpoch,
          baseSequence: 0,
          isTransactional: true,
        });
        const before = (await listOffset(wire, topic, -1)).offset;
        if (end === undefined) return;
        assert.equal(named({ errorCode: await endTxn(wire, transactionalId, identity, end) }), "NONE");
        await endOf(wire, topic, before + 1);
      };
      await transaction(["a=2"], true);
      await transaction(["a=3", "b=3"], false);
      await roll(wire, topic);
      await becomes(wire, topic, ["1:b=1", "2:a=2", "3:commit", "6:abort"]);
      await put(wire, topic, ["c=1"]);
      await put(wire, topic, ["c=2"]);
      await roll(wire, topic);
      await transaction(["a=4"], undefined);
      await put(wire, topic, ["b=5"]);
      await put(wire, topic, ["b=6"]);
      await roll(wire, topic);
      await becomes(wire, topic, ["1:b=1", "2:a=2", "3:commit", "6:abort", "9:c=2", "11:a=4", "12:b=5", "13:b=6"]);
    },
  },
  {
    name: "an idempotent producer goes on although all its records are compacted",
    isSlow: true,
    async run(_, wire) {
      const topic = await compactedTopic(wire);
      const { producerId } = await initProducerId(wire, null);
      const batch = { producerId, producerEpoch: 0 };
      await put(wire, topic, ["a=1"], { ...batch, baseSequence: 0 });
      await put(wire, topic, ["a=2", "a=3"], { ...batch, baseSequence: 1 });
      await put(wire, topic, ["a=4"]);
      await roll(wire, topic);
      await becomes(wire, topic, ["3:a=4"]);
      const gap = await produce(wire, topic, batchOf([{ key: "a", value: "5" }], { ...batch, baseSequence: 9 }));
      assert.equal(named(gap), "OUT_OF_ORDER_SEQUENCE_NUMBER");
      await put(wire, topic, ["a=6"], { ...batch, baseSequence: 3 });
    },
  },
];
