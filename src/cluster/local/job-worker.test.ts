import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamingContext } from "dstream";
import { decodeRows } from "../../codec/block.ts";
import type { Graph } from "../../plan/graph/plan-builder.ts";
import { cutIntoStages, partitionCounts } from "../../plan/plan.ts";
import { unwatched } from "../../runtime/activity.ts";
import { jobRuntime } from "../../runtime/job-runtime.ts";
import { sliceRows } from "../../sources/slices.ts";
import { emptyManifest } from "../../state/manifest.ts";
import type { BatchSpec, ClusterJob } from "../cluster.ts";
import { JobWorker } from "./job-worker.ts";
import type { ToWorker } from "./messages.ts";
import { ThreadCluster } from "./thread-cluster.ts";
import type { Workers } from "./worker-port.ts";

const numPartitions = 4;

/** Workers in this thread, which run the graph; `kill` ends one. */
function workersOf(graph: Graph): { readonly workers: Workers; readonly kill: ((code: number) => void)[] } {
  const kill: ((code: number) => void)[] = [];
  const start: Workers["start"] = (data, events) => {
    let isOver = false;
    const send = <M>(message: M, transfer: readonly ArrayBuffer[], receive: (message: M) => void): void => {
      const sent = structuredClone(message, { transfer: [...transfer] });
      queueMicrotask(() => isOver || receive(sent));
    };
    const exit = (code: number): void => {
      if (!isOver) queueMicrotask(() => events.exited(code));
      isOver = true;
    };
    kill.push(exit);
    let hear: (message: ToWorker) => void = () => {};
    const port = {
      post: (message: Parameters<typeof events.message>[0], transfer: readonly ArrayBuffer[]) =>
        send(message, transfer, (sent) => events.message(sent)),
      listen(listener: typeof hear) {
        hear = listener;
      },
      stay: () => {},
      exit: () => exit(0),
    };
    const load = async (register: (graph: unknown, runtime: ReturnType<typeof jobRuntime>) => void): Promise<void> =>
      register(graph, jobRuntime());
    new JobWorker({ steps: data.steps, port, changedModule: async () => undefined, load }).begin();
    return { post: (message, transfer) => send(message, transfer, (sent) => hear(sent)), terminate: () => exit(1) };
  };
  return { workers: { buildOf: async () => ({}), changedModule: async () => undefined, start }, kill };
}

function wordCount(): { readonly job: ClusterJob; readonly batch: BatchSpec; readonly graph: Graph } {
  const ssc = new StreamingContext({ appName: "words", batchInterval: 1_000 });
  const words = ssc.queueStream<readonly [string, number]>([]);
  words.reduceByKey((a, b) => a + b).foreachRDD(() => {});
  const { id } = words.internals.node;
  const graph = ssc.job.plan.build();
  const sourcePartitions = { [id]: numPartitions };
  const plan = cutIntoStages(graph, { defaultParallelism: 3, slots: 2, sourcePartitions, buckets: 64 });
  const rows = Array.from({ length: 90 }, (_, i) => [`word ${i % 3}`, 1]);
  const batch: BatchSpec = {
    ...{ time: 1_000, attempt: 0, plan, expansion: undefined, broadcasts: [], manifest: emptyManifest },
    inputs: sliceRows(id, rows, numPartitions).inputs,
    counts: partitionCounts(plan, sourcePartitions),
    present: graph.nodes.map(() => true),
  };
  const job: ClusterJob = {
    ...{ plan, maxResultBytes: 1e9, batchIntervalMs: 1_000, maxBatchRetries: 1 },
    ...{ jobFile: "/job.ts", jobArguments: [], jobModules: [], environment: {}, runtime: jobRuntime() },
    state: { store: "memory", directory: undefined },
  };
  return { job, batch, graph };
}

test("workers that are no threads run a job's tasks, several of them in one thread", async () => {
  const { job, batch, graph } = wordCount();
  const cluster = new ThreadCluster(2, workersOf(graph).workers);
  await cluster.start(job);
  const { outputs } = await cluster.runBatch(batch, new AbortController().signal, unwatched);
  const rows = outputs.flatMap(({ blocks }) => blocks.flatMap((block) => decodeRows(block)));
  assert.deepEqual(rows.sort(), [
    ["word 0", 30],
    ["word 1", 30],
    ["word 2", 30],
  ]);
  await cluster.stop();
});

test("a worker that ends takes its batch with it, and the next attempt gets a new one", async () => {
  const { job, batch, graph } = wordCount();
  const { workers, kill } = workersOf(graph);
  const cluster = new ThreadCluster(2, workers);
  await cluster.start(job);
  const { signal } = new AbortController();
  const failing = cluster.runBatch(batch, signal, unwatched);
  kill[0]?.(9);
  await assert.rejects(failing, { code: "WORKER_DIED", message: /a worker thread ended with exit code 9/ });
  const { outputs } = await cluster.runBatch({ ...batch, attempt: 1 }, signal, unwatched);
  assert.equal(
    outputs.reduce((sum, { count }) => sum + count, 0),
    3,
  );
  assert.deepEqual([cluster.workersReplaced, kill.length], [1, 3]);
  await cluster.stop();
});

test("a worker that dies before it has the job is no program without start(); one that comes to its end is", async () => {
  for (const [exitCode, code] of [
    [134, "WORKER_DIED"],
    [0, "GRAPH_MISMATCH"],
    [13, "GRAPH_MISMATCH"],
  ] as const) {
    const { job, graph } = wordCount();
    const { workers, kill } = workersOf(graph);
    const starting = new ThreadCluster(1, workers).start(job);
    while (kill[0] === undefined) await Promise.resolve();
    kill[0](exitCode);
    await assert.rejects(starting, { code, message: new RegExp(`exit code ${exitCode}\\b`) });
  }
});

test("of two new workers one dies while it loads the job: the next attempt has the other one, and a third", async () => {
  const { job, batch, graph } = wordCount();
  const { workers, kill } = workersOf(graph);
  const cluster = new ThreadCluster(2, workers);
  await cluster.start({ ...job, maxBatchRetries: 5 });
  for (const end of kill) end(9);
  await new Promise((resolve) => setImmediate(resolve));
  const { signal } = new AbortController();
  const failing = cluster.runBatch(batch, signal, unwatched);
  assert.equal(kill.length, 4);
  kill[2]?.(9);
  await assert.rejects(failing, { code: "WORKER_DIED" });
  const { outputs } = await cluster.runBatch({ ...batch, attempt: 1 }, signal, unwatched);
  assert.equal(
    outputs.reduce((sum, { count }) => sum + count, 0),
    3,
  );
  assert.equal(kill.length, 5);
  await cluster.stop();
});
