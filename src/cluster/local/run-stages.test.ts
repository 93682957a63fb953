import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { type DStream, type PairDStream, StreamingContext } from "dstream";
import { cutIntoStages, type Plan, partitionCounts } from "../../plan/plan.ts";
import { unwatched } from "../../runtime/activity.ts";
import { jobRuntime } from "../../runtime/job-runtime.ts";
import { thisMachine } from "../../runtime/machine/machine.ts";
import { sliceRows } from "../../sources/slices.ts";
import { emptyManifest } from "../../state/manifest.ts";
import { openStateStore } from "../../state/open-state-store.ts";
import { KafkaResources } from "../../task/context/kafka-resources.ts";
import { TaskContext } from "../../task/context/task-context.ts";
import { runTask } from "../../task/run-task.ts";
import type { OutputPart, TaskResult } from "../../task/task-spec.ts";
import { type RunTasks, runStages } from "./run-stages.ts";

type Words = PairDStream<string, number>;
const numPartitions = 4;

/** A batch of a program over two streams of many words; `arrange` decides the order in which results of tasks arrive. */
async function outputsOf(
  program: (a: Words, b: Words) => DStream<any>,
  arrange: (results: TaskResult[]) => TaskResult[],
): Promise<OutputPart[]> {
  const ssc = new StreamingContext({ appName: "stages", batchInterval: 1_000 });
  const sources = [
    ssc.queueStream<readonly [string, number]>([]),
    ssc.queueStream<readonly [string, number]>([]),
  ] as const;
  program(...sources).foreachRDD(() => {});
  const ids = sources.map((source) => source.internals.node.id);
  const sourcePartitions = Object.fromEntries(ids.map((id) => [id, numPartitions]));
  const graph = ssc.job.plan.build();
  const plan: Plan = cutIntoStages(graph, { defaultParallelism: 3, slots: 1, sourcePartitions, buckets: 64 });
  const context = new TaskContext({
    plan,
    state: openStateStore({ store: "memory", directory: undefined }, thisMachine),
    kafka: new KafkaResources(thisMachine),
    maxResultBytes: 1e9,
    runtime: jobRuntime(),
  });
  const rows = (factor: number): readonly unknown[] =>
    Array.from({ length: 4_000 }, (_, i) => [`word ${(i * factor) % 11}`, i]);
  const batch = {
    time: 1_000,
    attempt: 0,
    plan,
    expansion: undefined,
    broadcasts: [],
    inputs: ids.flatMap((id, i) => sliceRows(id, rows(i + 3), numPartitions).inputs),
    counts: partitionCounts(plan, sourcePartitions),
    present: graph.nodes.map(() => true),
    manifest: emptyManifest,
  };
  const { signal } = new AbortController();
  const runTasks: RunTasks = async (tasks) => {
    const results: TaskResult[] = [];
    for (const task of tasks) results.push(await runTask(task, context, signal));
    return arrange(results);
  };
  const { outputs } = await runStages(batch, { activity: unwatched, runtime: jobRuntime(), runTasks });
  return outputs.toSorted((a, b) => a.partition - b.partition);
}

const digests = (outputs: readonly OutputPart[]): string[] =>
  outputs.map(({ blocks }) => createHash("sha256").update(Buffer.concat(blocks)).digest("hex"));

const inOrder = (results: TaskResult[]): TaskResult[] => results;
const reversed = (results: TaskResult[]): TaskResult[] =>
  results.toReversed().map((result) => ({ ...result, blocks: result.blocks.toReversed() }));

for (const [name, program] of Object.entries<(a: Words, b: Words) => DStream<any>>({
  groupByKey: (a) => a.groupByKey(),
  reduceByKey: (a) => a.mapValues(String).reduceByKey((x, y) => `${x} ${y}`),
  cogroup: (a, b) => a.cogroup(b),
  "a union across stages": (a, b) => a.partitionBy(3).union(b).groupByKey(2),
  "repartition behind a shuffle": (a) => a.partitionBy(3).repartition(2),
})) {
  test(`${name} gives the same bytes in whatever order tasks end`, async () => {
    const outputs = await outputsOf(program, inOrder);
    assert.ok(outputs.every(({ count }) => count > 0));
    assert.deepEqual(digests(await outputsOf(program, reversed)), digests(outputs));
  });
}
