import assert from "node:assert/strict";
import { test } from "node:test";
import type { StreamingContext } from "../../streaming/context/streaming-context.ts";
import { StreamingContext as Context } from "../../streaming/context/streaming-context.ts";
import { cutIntoStages } from "../plan.ts";
import { seesEmptyPartitions } from "./sees-empty-partitions.ts";

type Numbers = ReturnType<typeof numbers>;
const numbers = (ssc: StreamingContext) => ssc.queueStream([[1, 2, 3]]);

function sees(build: (stream: Numbers) => void): boolean {
  const ssc = new Context({ appName: "plan", batchInterval: 1_000 });
  build(numbers(ssc));
  const graph = ssc.job.plan.build();
  const plan = cutIntoStages(graph, {
    defaultParallelism: undefined,
    slots: 2,
    sourcePartitions: { 0: 2 },
    buckets: 8,
  });
  const [source] = graph.nodes;
  return source?.kind === "source" && seesEmptyPartitions(plan, source);
}

test("functions of rows do not see that a partition is empty", () => {
  assert.equal(
    sees((stream) =>
      stream
        .map((n) => [n, 1] as const)
        .filter(() => true)
        .reduceByKey((a, b) => a + b)
        .print(),
    ),
    false,
  );
  assert.equal(
    sees((stream) => stream.saveToKafka({ topic: "t" })),
    false,
  );
});

test("functions of partitions do, also behind functions of rows and unions", () => {
  assert.equal(
    sees((stream) =>
      stream
        .map((n) => n)
        .mapPartitions((rows) => [[...rows].length])
        .print(),
    ),
    true,
  );
  assert.equal(
    sees((stream) => stream.union(stream).foreachPartition(() => {})),
    true,
  );
});

test("behind a shuffle the partitions are others", () => {
  const counts = (stream: Numbers) => stream.map((n) => [n, 1] as const).reduceByKey((a, b) => a + b);
  assert.equal(
    sees((stream) => counts(stream).foreachPartition(() => {})),
    false,
  );
});
