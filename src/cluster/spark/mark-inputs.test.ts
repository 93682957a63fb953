import assert from "node:assert/strict";
import { test } from "node:test";
import type { SourceInput } from "../../sources/source-input.ts";
import { markInputs } from "./mark-inputs.ts";

const kafka = (source: number, partition: number, topic: string, from: number, until: number): SourceInput => ({
  kind: "kafka",
  source,
  partition,
  range: { topic, partition, fromOffset: from, untilOffset: until },
});
const rows = (source: number, partition: number): SourceInput => ({ kind: "rows", source, partition, blocks: [] });
const never = (): boolean => false;
const always = (): boolean => true;

test("every input has a mark of its own, also where two streams read one topic", () => {
  const inputs = [
    kafka(0, 0, "t", 0, 1),
    kafka(0, 1, "t", 0, 1),
    kafka(4, 0, "t", 0, 1),
    kafka(4, 0, "u", 0, 1),
    rows(7, 0),
  ];
  const { marked } = markInputs(inputs, never);
  assert.deepEqual(
    marked.map(({ index }) => index),
    [0, 1, 2, 3, 4],
  );
  assert.equal(new Set(marked.map(({ mark }) => mark)).size, inputs.length);
  for (const { mark } of marked) assert.ok(Number.isInteger(mark) && mark >= 0 && mark < 2 ** 31);
});

test("the mark of a Kafka partition is its topic's mark and its number, so that SQL can compute it", () => {
  const { marked, kafka: reads } = markInputs([kafka(0, 3, "t", 0, 1), kafka(0, 5, "u", 0, 1)], never);
  const [read] = reads;
  assert.deepEqual([...(read?.topicMarks.keys() ?? [])], ["t", "u"]);
  assert.equal(marked[0]?.mark, (read?.topicMarks.get("t") as number) + 3);
  assert.equal(marked[1]?.mark, (read?.topicMarks.get("u") as number) + 5);
});

test("an empty range is not read from Kafka: it is left out, or sent along where its being empty is seen", () => {
  const inputs = [kafka(0, 0, "t", 4, 4), kafka(0, 1, "t", 4, 6)];
  const unseen = markInputs(inputs, never);
  assert.deepEqual(
    unseen.marked.map(({ index }) => index),
    [1],
  );
  assert.deepEqual(unseen.local, []);
  const seen = markInputs(inputs, always);
  assert.deepEqual(
    seen.marked.map(({ index }) => index),
    [0, 1],
  );
  assert.deepEqual(seen.local, [{ mark: seen.marked[0]?.mark, blocks: [] }]);
  assert.deepEqual(seen.kafka[0]?.ranges, [{ topic: "t", partition: 1, fromOffset: 4, untilOffset: 6 }]);
});

test("a file is not read by Spark: a row without data goes where its task shall be", () => {
  const file = { path: "/shared/a", length: 3 };
  const { marked, local } = markInputs([{ kind: "file", source: 2, partition: 0, file }], never);
  const [only] = marked;
  assert.deepEqual(only, { mark: only?.mark, index: 0, source: 2, partition: 0, range: undefined, file });
  assert.deepEqual(local, [{ mark: only?.mark, blocks: [] }]);
});

test("more topics than marks can tell apart are refused", () => {
  const inputs = Array.from({ length: 1_025 }, (_, i) => kafka(0, 0, `t${i}`, 0, 1));
  assert.throws(() => markInputs(inputs, never), {
    code: "NOT_SUPPORTED",
    message: /reads 1025 topics; on Spark it can read 1024/,
  });
});
