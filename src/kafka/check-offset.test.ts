import assert from "node:assert/strict";
import { test } from "node:test";
import { EmbeddedBroker } from "../broker/embedded-broker.ts";
import { thisMachine } from "../runtime/machine/machine.ts";
import { checkOffset, isOffsetRange } from "./check-offset.ts";
import { KafkaClient } from "./client/kafka-client.ts";

const noOffsets = [1.5, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, null, "3", Promise.resolve(3)] as number[];

test("an offset is an integer from 0 on that a number can hold", () => {
  for (const offset of [0, 3, Number.MAX_SAFE_INTEGER])
    assert.equal(checkOffset(offset, { topic: "t", partition: 1 }), offset);
  for (const offset of noOffsets) {
    const refused = {
      code: "INVALID_OPTION",
      message: /^\[INVALID_OPTION\] an offset of t-1 must be an integer of at least 0, not /,
    };
    assert.throws(() => checkOffset(offset, { topic: "t", partition: 1 }), refused);
  }
});

test("a range has a topic, a partition and two offsets in order", () => {
  const range = { topic: "t", partition: 1, fromOffset: 2, untilOffset: 2 };
  assert.equal(isOffsetRange(range), true);
  for (const offset of noOffsets) {
    assert.equal(isOffsetRange({ ...range, fromOffset: offset }), false);
    assert.equal(isOffsetRange({ ...range, untilOffset: offset }), false);
    assert.equal(isOffsetRange({ ...range, partition: offset }), false);
  }
  for (const value of [undefined, null, 7, {}, { ...range, untilOffset: 1 }, { ...range, topic: 7 }])
    assert.equal(isOffsetRange(value), false);
});

test("what is no offset gets into no group", async (t) => {
  const broker = await EmbeddedBroker.start();
  t.after(() => broker.stop());
  await broker.createTopic("t");
  const client = new KafkaClient({ brokers: [broker.bootstrapServers] }, thisMachine);
  t.after(() => client.close());
  for (const offset of noOffsets) {
    const refused = { code: "INVALID_OPTION", message: /an offset of t-0 must be/ };
    await assert.rejects(client.commitOffsets("group", [{ topic: "t", partition: 0, offset }]), refused);
  }
  await client.commitOffsets("group", [{ topic: "t", partition: 0, offset: 3 }]);
  assert.deepEqual(
    (await client.committedOffsets("group")).map(({ offset }) => offset),
    [3],
  );
});
