import assert from "node:assert/strict";
import { currentEpoch, epochEnd, fetch, fetchAll, listOffset, produce } from "../../support/wire/data-requests.ts";
import { batchOf, linesOf } from "../../support/wire/records-of.ts";
import { createTopic, deleteRecords } from "../../support/wire/topic-requests.ts";
import type { WireConnection } from "../../support/wire/wire-connection.ts";
import { type BrokerCase, fresh, named } from "./case.ts";

/** A topic with a batch for each list of values. */
async function topicWith(wire: WireConnection, ...batches: readonly (readonly string[])[]): Promise<string> {
  const topic = await createTopic(wire, fresh("fetch"));
  for (const values of batches) await produce(wire, topic, batchOf(values));
  return topic;
}

async function timed<T>(action: () => Promise<T>): Promise<{ readonly result: T; readonly ms: number }> {
  const startedAt = performance.now();
  const result = await action();
  return { result, ms: performance.now() - startedAt };
}

const day = 24 * 60 * 60 * 1_000;

export const fetchCases: readonly BrokerCase[] = [
  {
    name: "a fetch from the middle of a batch has the whole batch",
    async run(_, wire) {
      const topic = await topicWith(wire, ["a", "b", "c"], ["d"]);
      assert.deepEqual(linesOf((await fetch(wire, topic, 1)).batches), ["0:a", "1:b", "2:c", "3:d"]);
      assert.deepEqual(linesOf((await fetch(wire, topic, 3)).batches), ["3:d"]);
    },
  },
  {
    name: "at the end there is nothing, behind it the offset is out of range",
    async run(_, wire) {
      const topic = await topicWith(wire, ["a"]);
      const end = await fetch(wire, topic, 1);
      assert.deepEqual([named(end), end.batches.length, end.highWatermark], ["NONE", 0, 1]);
      assert.equal(named(await fetch(wire, topic, 2)), "OFFSET_OUT_OF_RANGE");
      assert.equal(named(await fetch(wire, fresh("missing"), 0)), "UNKNOWN_TOPIC_OR_PARTITION");
    },
  },
  {
    name: "a fetch waits for the bytes it wants, and is answered as soon as they come",
    async run(broker, wire) {
      const topic = await topicWith(wire);
      const writer = await broker.connect();
      const waiting = timed(() => fetch(wire, topic, 0, { maxWaitMs: 20_000, minBytes: 100 }));
      await produce(writer, topic, batchOf(["a"]));
      await produce(writer, topic, batchOf(["b".repeat(100)]));
      const { result, ms } = await waiting;
      assert.deepEqual(linesOf(result.batches), ["0:a", `1:${"b".repeat(100)}`]);
      assert.ok(ms < 10_000, `${ms} ms`);
    },
  },
  {
    name: "a fetch that waited long enough is answered with what there is",
    async run(_, wire) {
      const topic = await topicWith(wire, ["a"]);
      const { result, ms } = await timed(() => fetch(wire, topic, 0, { maxWaitMs: 300, minBytes: 10_000 }));
      assert.deepEqual(linesOf(result.batches), ["0:a"]);
      assert.ok(ms > 250 && ms < 5_000, `${ms} ms`);
    },
  },
  {
    name: "what is too large for the fetch comes whole when it is the first, and not at all behind others",
    async run(_, wire) {
      const topic = await topicWith(wire, ["a".repeat(1_000)], ["b".repeat(1_000)]);
      const wholeOf = (buffer: Buffer): number => {
        const size = buffer.length < 12 ? 0 : buffer.readInt32BE(8) + 12;
        return size > 0 && size <= buffer.length ? size : 0;
      };
      for (const limits of [{ partitionMaxBytes: 10 }, { maxBytes: 10 }]) {
        const { batches } = await fetch(wire, topic, 0, limits);
        const size = wholeOf(batches);
        assert.deepEqual(linesOf(batches.subarray(0, size)), [`0:${"a".repeat(1_000)}`]);
        assert.equal(wholeOf(batches.subarray(size)), 0);
      }
    },
  },
  {
    name: "of several partitions the first with records gives one batch in any case, the others what still fits",
    async run(_, wire) {
      const topic = await createTopic(wire, fresh("several"), { partitions: 3 });
      for (const partition of [1, 2]) await produce(wire, topic, batchOf(["a".repeat(1_000)]), { partition });
      const sizesOf = async (maxBytes: number): Promise<boolean[]> => {
        const all = [0, 1, 2].map((partition) => [partition, 0] as const);
        return (await fetchAll(wire, topic, all, { maxBytes })).map(({ batches }) => batches.length >= 1_000);
      };
      assert.deepEqual(await sizesOf(10), [false, true, false]);
      assert.deepEqual(await sizesOf(1_200), [false, true, false]);
      assert.deepEqual(await sizesOf(3_000), [false, true, true]);
    },
  },
  {
    name: "a fetch of a session that is not known is refused",
    async run(_, wire) {
      const topic = await topicWith(wire, ["a"]);
      assert.equal(named(await fetch(wire, topic, 0, { session: { id: 7, epoch: 1 } })), "FETCH_SESSION_ID_NOT_FOUND");
      const begun = await fetch(wire, topic, 0, { session: { id: 0, epoch: 0 } });
      assert.deepEqual(linesOf(begun.batches), ["0:a"]);
    },
  },
  {
    name: "a leader epoch of the future is unknown",
    async run(_, wire) {
      const topic = await topicWith(wire, ["a"]);
      assert.equal(named(await fetch(wire, topic, 0, { leaderEpoch: 99 })), "UNKNOWN_LEADER_EPOCH");
      assert.equal(named(await fetch(wire, topic, 0, { leaderEpoch: 0 })), "NONE");
      assert.equal(named(await listOffset(wire, topic, -1, { leaderEpoch: 99 })), "UNKNOWN_LEADER_EPOCH");
    },
  },
  {
    name: "a leader's epoch ends with the log, and one that is not known has no end",
    async run(_, wire) {
      const topic = await topicWith(wire, ["a", "b"], ["c"]);
      assert.deepEqual(await epochEnd(wire, topic, 0), { errorCode: 0, epoch: 0, endOffset: 3 });
      assert.deepEqual(await epochEnd(wire, topic, 7), { errorCode: 0, epoch: -1, endOffset: -1 });
      assert.deepEqual(await epochEnd(wire, topic, -1), { errorCode: 0, epoch: -1, endOffset: -1 });
      assert.equal(named(await epochEnd(wire, topic, 0, 9)), "UNKNOWN_LEADER_EPOCH");
      assert.equal(named(await epochEnd(wire, fresh("missing"), 0)), "UNKNOWN_TOPIC_OR_PARTITION");
      assert.equal(await currentEpoch(wire, topic), 0);
    },
  },
  {
    name: "a reader that read more than the log has learns where they part",
    async run(_, wire) {
      const topic = await topicWith(wire, ["a", "b"], ["c"]);
      const within = await fetch(wire, topic, 2, { lastEpoch: 0 });
      assert.deepEqual([within.diverging, linesOf(within.batches)], [undefined, ["2:c"]]);
      const beyond = await fetch(wire, topic, 9, { lastEpoch: 0, maxWaitMs: 60_000 });
      assert.deepEqual([named(beyond), beyond.diverging], ["NONE", { epoch: 0, endOffset: 3 }]);
      assert.equal(beyond.batches.length, 0);
      assert.equal(named(await fetch(wire, topic, 2, { lastEpoch: 5 })), "OFFSET_OUT_OF_RANGE");
    },
  },
  {
    name: "offsets of start and end are told",
    async run(_, wire) {
      const topic = await topicWith(wire, ["a", "b"], ["c"]);
      assert.deepEqual(await listOffset(wire, topic, -1), { errorCode: 0, timestamp: -1, offset: 3, leaderEpoch: 0 });
      assert.deepEqual(await listOffset(wire, topic, -2), { errorCode: 0, timestamp: -1, offset: 0, leaderEpoch: 0 });
      assert.equal(named(await listOffset(wire, fresh("missing"), -1)), "UNKNOWN_TOPIC_OR_PARTITION");
    },
  },
  {
    name: "an offset by time is that of the first record as young",
    async run(_, wire) {
      const topic = await createTopic(wire, fresh("times"));
      const base = Date.now() - day;
      const records = (...deltas: readonly number[]): { value: string; timestamp: number }[] =>
        deltas.map((delta) => ({ value: "x", timestamp: base + delta }));
      await produce(wire, topic, batchOf(records(10, 30, 20), { compression: "gzip" }));
      await produce(wire, topic, batchOf(records(25, 50)));
      for (const [time, offset, found] of [
        [0, 0, 10],
        [10, 0, 10],
        [11, 1, 30],
        [30, 1, 30],
        [31, 4, 50],
        [50, 4, 50],
      ] as const) {
        const expected = { errorCode: 0, timestamp: base + found, offset, leaderEpoch: 0 };
        assert.deepEqual(await listOffset(wire, topic, base + time), expected, `at ${time}`);
      }
      assert.deepEqual(await listOffset(wire, topic, base + 51), {
        errorCode: 0,
        timestamp: -1,
        offset: -1,
        leaderEpoch: -1,
      });
    },
  },
  {
    name: "the youngest record is the first with the largest timestamp",
    async run(_, wire) {
      const topic = await createTopic(wire, fresh("youngest"));
      assert.deepEqual(await listOffset(wire, topic, -3), { errorCode: 0, timestamp: -1, offset: -1, leaderEpoch: -1 });
      const base = Date.now() - day;
      const records = (...deltas: readonly number[]): { value: string; timestamp: number }[] =>
        deltas.map((delta) => ({ value: "x", timestamp: base + delta }));
      await produce(wire, topic, batchOf(records(10, 90, 90, 20)));
      await produce(wire, topic, batchOf(records(30)));
      assert.deepEqual(await listOffset(wire, topic, -3), {
        errorCode: 0,
        timestamp: base + 90,
        offset: 1,
        leaderEpoch: 0,
      });
    },
  },
  {
    name: "deleted records are out of range, and the log begins behind them",
    async run(_, wire) {
      const topic = await topicWith(wire, ["a"], ["b", "c"], ["d"]);
      assert.deepEqual(await deleteRecords(wire, topic, 2), { errorCode: 0, lowWatermark: 2 });
      assert.equal((await listOffset(wire, topic, -2)).offset, 2);
      assert.equal(named(await fetch(wire, topic, 1)), "OFFSET_OUT_OF_RANGE");
      const rest = await fetch(wire, topic, 2);
      assert.deepEqual([rest.startOffset, linesOf(rest.batches)], [2, ["1:b", "2:c", "3:d"]]);
      assert.equal((await listOffset(wire, topic, 1_000)).offset, 2);
    },
  },
  {
    name: "records can be deleted up to the end, not behind it",
    async run(_, wire) {
      const topic = await topicWith(wire, ["a", "b"]);
      assert.equal(named(await deleteRecords(wire, topic, 3)), "OFFSET_OUT_OF_RANGE");
      assert.equal(named(await deleteRecords(wire, topic, -2)), "OFFSET_OUT_OF_RANGE");
      assert.equal(named(await deleteRecords(wire, fresh("missing"), 0)), "UNKNOWN_TOPIC_OR_PARTITION");
      assert.deepEqual(await deleteRecords(wire, topic, -1), { errorCode: 0, lowWatermark: 2 });
      assert.deepEqual(await deleteRecords(wire, topic, 1), { errorCode: 0, lowWatermark: 2 });
      assert.equal((await produce(wire, topic, batchOf(["c"]))).baseOffset, 2);
      assert.deepEqual(linesOf((await fetch(wire, topic, 2)).batches), ["2:c"]);
    },
  },
  {
    name: "a compacted topic keeps its records",
    async run(_, wire) {
      const topic = await createTopic(wire, fresh("compact"), { config: { "cleanup.policy": "compact" } });
      await produce(wire, topic, batchOf([{ key: "k", value: "v" }]));
      assert.equal(named(await deleteRecords(wire, topic, 1)), "POLICY_VIOLATION");
    },
  },
];
