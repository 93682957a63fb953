import assert from "node:assert/strict";
import { test } from "node:test";
import { intFrame, longFrame, stringFrame } from "./framing.ts";
import { MemorySource } from "./memory-source.ts";
import { readTask } from "./task-protocol.ts";

const no = Buffer.from([0]);
const yes = Buffer.from([1]);
const none = intFrame(0);
const context = { stageId: 7, partitionId: 3, attemptNumber: 1, localProperties: { a: "}" } };

/** The parts of a description behind the partition, by name, so that a test can exchange one. */
const parts = {
  version: stringFrame("3.11"),
  context: stringFrame(JSON.stringify(context)),
  filesDir: stringFrame("/files"),
  includes: Buffer.concat([intFrame(1), stringFrame("a.py")]),
  broadcasts: Buffer.concat([no, none]),
  evalType: intFrame(207),
  runnerConfig: Buffer.concat([intFrame(1), stringFrame("key"), stringFrame("value")]),
  evalConfig: none,
  functions: intFrame(1),
  arguments: Buffer.concat([intFrame(2), none, no, intFrame(1), yes, stringFrame("name")]),
  commands: Buffer.concat([intFrame(1), stringFrame("command")]),
  resultId: longFrame(5),
};
type Change = Partial<Record<keyof typeof parts, Buffer>>;
const described = (change: Change = {}): Buffer => Buffer.concat(Object.values({ ...parts, ...change }));

const task = {
  command: Buffer.from("command"),
  stageId: 7,
  partitionId: 3,
  attemptNumber: 1,
  filesDir: "/files",
};

test("a bare description, which begins with a partition, is Spark 4.2's", async () => {
  assert.deepEqual(await readTask(3, new MemorySource(described())), { ...task, sparkVersion: "4.2" });
});

test("a description in one message behind -8 is Spark 4.3's", async () => {
  const block = Buffer.concat([intFrame(3), described()]);
  const message = Buffer.concat([intFrame(block.length), block]);
  assert.deepEqual(await readTask(-8, new MemorySource(message)), { ...task, sparkVersion: "4.3" });
});

const misunderstood: Record<string, Change> = {
  "a negative length": { version: intFrame(-5) },
  "a length beyond the message": { filesDir: intFrame(1_000_000_000) },
  "a list beyond all measure": { includes: intFrame(2_000_000_000) },
  "a context that is no JSON": { context: stringFrame("no JSON") },
  "a context without its stage": { context: stringFrame("{}") },
  "broadcast variables": { broadcasts: Buffer.concat([no, intFrame(1), longFrame(1), stringFrame("/file")]) },
  "two functions": { commands: Buffer.concat([intFrame(2), stringFrame("one"), stringFrame("two")]) },
};
for (const [what, change] of Object.entries(misunderstood)) {
  test(`${what}: the worker says which versions it knows`, async () => {
    await assert.rejects(readTask(3, new MemorySource(described(change))), { code: "SPARK_VERSION_UNSUPPORTED" });
  });
}

test("a first number that is neither a partition nor the mark of a message is refused", async () => {
  await assert.rejects(readTask(-1, new MemorySource(described())), { code: "SPARK_VERSION_UNSUPPORTED" });
});

test("a description that ends early is refused, wherever it ends", async () => {
  const whole = described();
  for (let length = 0; length < whole.length; length++) {
    await assert.rejects(readTask(3, new MemorySource(whole.subarray(0, length))), {
      code: "SPARK_VERSION_UNSUPPORTED",
    });
  }
});

test("functions that are not mapInArrow are not run", async () => {
  await assert.rejects(readTask(3, new MemorySource(described({ evalType: intFrame(200) }))), {
    code: "NOT_SUPPORTED",
  });
});
