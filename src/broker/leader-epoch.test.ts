import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { fresh, named } from "../../test/cases/broker/case.ts";
import { temporaryDirectory } from "../../test/support/temporary-directory.ts";
import { currentEpoch, epochEnd, fetch, listOffset, produce } from "../../test/support/wire/data-requests.ts";
import { batchOf } from "../../test/support/wire/records-of.ts";
import { createTopic, deleteRecords } from "../../test/support/wire/topic-requests.ts";
import { WireConnection } from "../../test/support/wire/wire-connection.ts";
import { decodeBatches } from "../kafka/record-batch/batch-reader.ts";
import { EmbeddedBroker } from "./embedded-broker.ts";

/** One life of a broker on the folder. */
async function life(dir: string, use: (wire: WireConnection) => Promise<void>): Promise<void> {
  const broker = await EmbeddedBroker.start({ dir });
  const wire = await WireConnection.open(broker.bootstrapServers);
  try {
    await use(wire);
  } finally {
    wire.close();
    await broker.stop();
  }
}

/** A topic with a record of the first life and two of the second; the third is `use`. */
async function thirdLife(t: TestContext, use: (wire: WireConnection, topic: string) => Promise<void>): Promise<void> {
  const dir = temporaryDirectory(t);
  const topic = fresh("epochs");
  await life(dir, async (wire) => {
    await createTopic(wire, topic);
    await produce(wire, topic, batchOf([{ value: "a", timestamp: 1_000 }]));
  });
  await life(dir, async (wire) => {
    await produce(
      wire,
      topic,
      batchOf([
        { value: "b", timestamp: 2_000 },
        { value: "c", timestamp: 3_000 },
      ]),
    );
  });
  await life(dir, (wire) => use(wire, topic));
}

test("each start on a folder begins an epoch of the leader, which batches, offsets and ends of epochs tell", (t) =>
  thirdLife(t, async (wire, topic) => {
    await produce(wire, topic, batchOf([{ value: "d", timestamp: 4_000 }]));
    assert.equal(await currentEpoch(wire, topic), 2);
    const { batches } = await fetch(wire, topic, 0, { leaderEpoch: 2 });
    const headers = [...decodeBatches(batches, 0, batches.length, { topic, partition: 0 })].map(({ header }) => header);
    assert.deepEqual(
      headers.map(({ baseOffset, partitionLeaderEpoch }) => [baseOffset, partitionLeaderEpoch]),
      [
        [0, 0],
        [1, 1],
        [3, 2],
      ],
    );
    assert.deepEqual(await epochEnd(wire, topic, 0), { errorCode: 0, epoch: 0, endOffset: 1 });
    assert.deepEqual(await epochEnd(wire, topic, 1, 2), { errorCode: 0, epoch: 1, endOffset: 3 });
    assert.deepEqual(await epochEnd(wire, topic, 2), { errorCode: 0, epoch: 2, endOffset: 4 });
    assert.deepEqual(await epochEnd(wire, topic, 3), { errorCode: 0, epoch: -1, endOffset: -1 });
    const epochAt = async (timestamp: number): Promise<number> =>
      (await listOffset(wire, topic, timestamp)).leaderEpoch;
    assert.deepEqual(await Promise.all([-2, 1_000, 2_500, -3, -1].map(epochAt)), [0, 0, 1, 2, 2]);
  }));

test("a client with the epoch of an earlier life is fenced, one with a later epoch is told that it is not known", (t) =>
  thirdLife(t, async (wire, topic) => {
    for (const [leaderEpoch, expected] of [
      [0, "FENCED_LEADER_EPOCH"],
      [1, "FENCED_LEADER_EPOCH"],
      [2, "NONE"],
      [3, "UNKNOWN_LEADER_EPOCH"],
    ] as const) {
      assert.equal(named(await fetch(wire, topic, 0, { leaderEpoch })), expected);
      assert.equal(named(await listOffset(wire, topic, -1, { leaderEpoch })), expected);
      assert.equal(named(await epochEnd(wire, topic, 0, leaderEpoch)), expected);
    }
  }));

test("a reader whose last record the log no longer has learns where they part", (t) =>
  thirdLife(t, async (wire, topic) => {
    const { diverging } = await fetch(wire, topic, 3, { lastEpoch: 0 });
    assert.deepEqual(diverging, { epoch: 0, endOffset: 1 });
  }));

test("the first epoch is that of the first record that is left", (t) =>
  thirdLife(t, async (wire, topic) => {
    await deleteRecords(wire, topic, 2);
    assert.equal((await listOffset(wire, topic, -2)).leaderEpoch, 1);
    assert.deepEqual(await epochEnd(wire, topic, 0), { errorCode: 0, epoch: 0, endOffset: 2 });
  }));
