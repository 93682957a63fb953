import assert from "node:assert/strict";
import { test } from "node:test";
import { TestNetwork } from "../../../test/support/test-network.ts";
import { thisMachine } from "../../runtime/machine/machine.ts";
import { partitionOfKey } from "./partitioner.ts";
import { producerSettings } from "./producer-options.ts";
import { RecordProducer } from "./record-producer.ts";

const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i));

function setUp() {
  const network = new TestNetwork({ t: 1 });
  const settings = producerSettings({ brokers: ["none:1"], lingerMs: 0 });
  return { network, producer: new RecordProducer(settings, network, thisMachine) };
}

test("a topic that gets partitions is written to in the new ones: by number at once, by key after a look", async () => {
  const { network, producer } = setUp();
  await producer.send({ topic: "t", value: "first" });
  network.topics.t = 3;
  await Promise.all([
    producer.send({ topic: "t", partition: 2, value: "a" }),
    producer.send({ topic: "t", partition: 2, value: "b" }),
    producer.append({ topic: "t", partition: 1, value: "c" }),
  ]);
  await producer.flush();
  assert.deepEqual([network.values("t", 1), network.values("t", 2)], [["c"], ["a", "b"]]);
  assert.equal(network.looks, 1, "records that wait share a look");
  network.topics.t = 8;
  await producer.lookForPartitions();
  const positions = await Promise.all(numbers(100).map((key) => producer.send({ topic: "t", key, value: key })));
  assert.deepEqual(
    positions.map(({ partition }) => partition),
    numbers(100).map((key) => partitionOfKey(key, 8)),
  );
  network.topics.t = 2;
  await producer.lookForPartitions();
  await producer.send({ topic: "t", partition: 7, value: "a broker that knows less takes nothing away" });
  const refused = { code: "INVALID_OPTION", message: /partition must be from 0 to 7/ };
  await assert.rejects(producer.send({ topic: "t", partition: 8, value: "x" }), refused);
  await producer.append({ topic: "t", partition: 8, value: "x" });
  await assert.rejects(producer.flush(), refused);
  await producer.flush();
  await producer.close();
});

test("while records are sent, new partitions are looked for now and then", async (t) => {
  let now = performance.now();
  t.mock.method(performance, "now", () => now);
  const { network, producer } = setUp();
  await producer.send({ topic: "t", value: "first" });
  for (const value of numbers(5)) await producer.send({ topic: "t", value });
  assert.equal(network.looks, 0);
  network.topics.t = 2;
  now += 5_001;
  for (const value of numbers(5)) await producer.send({ topic: "t", value });
  assert.equal(network.looks, 1);
  const { partition } = await producer.send({ topic: "t", partition: 1, value: "v" });
  assert.deepEqual([partition, network.looks], [1, 1]);
  await producer.close();
});
