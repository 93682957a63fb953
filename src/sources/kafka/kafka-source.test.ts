import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { RecordedLog } from "../../../test/support/recorded-log.ts";
import type { PartitionLag } from "../../kafka/types.ts";
import { thisMachine } from "../../runtime/machine/machine.ts";
import { KafkaSource } from "./kafka-source.ts";
import { DirectStreamPlanner } from "./planning/direct-stream-planner.ts";
import { GroupClaims } from "./planning/group-claims.ts";

const { log } = new RecordedLog();

/** What a batch tells of partitions that have 1, 2, 3 … records more than were planned. */
async function lagsOf(t: TestContext, count: number, topicOf: (i: number) => string) {
  const ranges = Array.from({ length: count }, (_, partition) => {
    return { topic: topicOf(partition), partition, fromOffset: 0, untilOffset: 0 };
  });
  const lags = ranges.map((_, i) => i + 1);
  t.mock.method(DirectStreamPlanner.prototype, "plan", () => Promise.resolve({ ranges, lags }));
  const source = new KafkaSource(
    0,
    { brokers: ["localhost:1"], topics: ["t"], groupId: "g" },
    {
      ...{ appName: "job", stream: { operator: "createDirectStream", site: undefined }, pending: [] },
      ...{
        groups: new GroupClaims(false, log),
        log,
        machine: thisMachine,
        isCheckpointed: false,
        batchInterval: 1_000,
        rate: () => undefined,
      },
    },
  );
  t.after(() => source.stop());
  const { lag, lags: told = [], groupId } = await source.plan(1_000);
  assert.deepEqual([lag, groupId], [(count * (count + 1)) / 2, "g"]);
  return told;
}

test("a batch tells the lag of each of 1,000 partitions", async (t) => {
  const lags = await lagsOf(t, 1_000, () => "t");
  assert.deepEqual([lags.length, lags[6]], [1_000, { topic: "t", partition: 6, lag: 7 }]);
});

test("of more partitions it tells the sums of their topics", async (t) => {
  const expected: PartitionLag[] = [
    { topic: "even", lag: 251_001 },
    { topic: "odd", lag: 250_500 },
  ];
  assert.deepEqual(await lagsOf(t, 1_001, (i) => (i % 2 === 0 ? "even" : "odd")), expected);
});

test("of more than 1,000 topics it tells the sum of all", async (t) => {
  assert.deepEqual(await lagsOf(t, 1_001, (i) => `t${i}`), []);
});
