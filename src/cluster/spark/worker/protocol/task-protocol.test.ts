import assert from "node:assert/strict";
import { test } from "node:test";
import { MemorySource } from "../io/memory-source.ts";
import { FrameReader, intFrame, longFrame, stringFrame } from "./framing.ts";
import { readTask } from "./task-protocol.ts";

const no = Buffer.from([0]);
const yes = Buffer.from([1]);
const none = intFrame(0);
const context = { stageId: 7, partitionId: 3, attemptNumber: 1, localProperties: { a: "}" } };

/** The parts of a description after the partition, by name, so that a test can exchange one. */
const parts = {
  version: stringFrame("4.2"),
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

/** A context as it was before it became JSON. */
const values = (...port: readonly Buffer[]): Buffer =>
  Buffer.concat([
    ...port,
    ...[intFrame(7), intFrame(3), intFrame(1), longFrame(99), intFrame(1)],
    ...[intFrame(1), stringFrame("gpu"), stringFrame("gpu"), intFrame(1), stringFrame("0")],
    ...[intFrame(1), stringFrame("key"), stringFrame("value")],
  ]);
const port = Buffer.concat([intFrame(4321), stringFrame("secret")]);
const unnamed = Buffer.concat([intFrame(2), none, intFrame(1)]);
const nothing = Buffer.alloc(0);

/** What differs from 4.2 in the description of the same task, version by version. */
const descriptions: Readonly<Record<string, Change>> = {
  "4.3": { version: stringFrame("4.3") },
  "4.2": {},
  "4.1": {
    ...{ version: stringFrame("4.1"), context: values(no), evalConfig: no },
    ...{ arguments: unnamed, resultId: nothing },
  },
  "4.1 in a barrier stage": {
    ...{ version: stringFrame("4.1"), context: values(yes, port), evalConfig: no },
    ...{ arguments: unnamed, resultId: nothing },
  },
  "4.1 with a profiler": {
    ...{ version: stringFrame("4.1"), context: values(no), arguments: unnamed },
    evalConfig: Buffer.concat([yes, stringFrame("perf")]),
  },
  "4.0": {
    ...{ version: stringFrame("4.0"), context: values(no, port), evalConfig: no },
    ...{ arguments: unnamed, resultId: nothing },
  },
  "3.5": {
    ...{ version: stringFrame("3.5"), context: values(no, port), evalConfig: nothing },
    ...{ arguments: unnamed, resultId: nothing },
  },
};

for (const [name, change] of Object.entries(descriptions)) {
  test(`a task is read as Spark ${name} describes it, to its last byte`, async () => {
    const source = new MemorySource(Buffer.concat([described(change), stringFrame("next")]));
    const { dialect, ...read } = await readTask(3, source);
    assert.deepEqual(read, task);
    assert.equal(dialect.version, name.slice(0, 3));
    assert.equal(await new FrameReader(source).string(), "next");
  });
}

test("a description in one message, as Spark 4.3 sends it, is read", async () => {
  const block = Buffer.concat([intFrame(3), described(descriptions["4.3"])]);
  const message = Buffer.concat([intFrame(block.length), block]);
  const { dialect, ...read } = await readTask(-8, new MemorySource(message));
  assert.deepEqual([read, dialect.version], [task, "4.3"]);
});

const misunderstood: Record<string, Change> = {
  "a version that nobody knows": { version: stringFrame("3.11") },
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
