import assert from "node:assert/strict";
import { basename, dirname } from "node:path";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { ArrowBatch } from "../../src/cluster/spark/arrow/read/arrow-batch.ts";
import { readArrowBytes } from "../../src/cluster/spark/arrow/read/read-arrow-bytes.ts";
import { BatchBuilder } from "../../src/cluster/spark/arrow/write/batch-builder.ts";
import { ResultCollector } from "../../src/cluster/spark/collect-result.ts";
import { StageHost } from "../../src/cluster/spark/host/stage-host.ts";
import { markInputs } from "../../src/cluster/spark/mark-inputs.ts";
import { spark42 } from "../../src/cluster/spark/versions/spark-4-2.ts";
import { encodeBlocks } from "../../src/cluster/spark/wire/local-payload.ts";
import { encodeCommand, type StageCommand } from "../../src/cluster/spark/wire/stage-command.ts";
import { encodeRows } from "../../src/codec/block.ts";
import { mergeTaskFacts } from "../../src/listeners/facts/merge-task-facts.ts";
import { describeGraph } from "../../src/plan/graph/describe-graph.ts";
import { cutIntoStages, type Plan, partitionCounts } from "../../src/plan/plan.ts";
import { countsQueue } from "./jobs/counts-queue.ts";

// What an executor's worker makes of the rows that Spark would give it, without Spark: the rows of a stage are put where the next finds them.

const jobFile = fileURLToPath(new URL("./jobs/counts-queue.ts", import.meta.url));
const inputs = [["a", "b", "a"], ["c"]].map((rows, partition) => {
  return { kind: "rows", source: 0, partition, blocks: [encodeRows(rows)] } as const;
});
const { marked, local } = markInputs(inputs, () => false);
let plan: Plan;
let command: Omit<StageCommand, "stage" | "inputs" | "nextTasks">;

before(() => {
  const graph = countsQueue().job.plan.build();
  const parallelism = { defaultParallelism: 2, slots: 2, sourcePartitions: { 0: 2 }, buckets: 64 };
  plan = cutIntoStages(graph, parallelism);
  command = {
    ...{ kind: "stage", batchTime: 1_000, attempt: 0, expansion: undefined, broadcasts: [], manifest: [] },
    counts: partitionCounts(plan, { 0: 2 }),
    present: graph.nodes.map(() => true),
    job: {
      ...{ file: basename(jobFile), sourceFile: jobFile, workingDirectory: process.cwd(), arguments: ["in a worker"] },
      ...{ runOptions: {}, environment: {}, description: describeGraph(graph), parallelism, maxResultBytes: 1e6 },
      ...{ idleMs: undefined, state: { store: "memory", directory: undefined } },
    },
  };
});

interface SentRow {
  readonly partition: number;
  readonly row: Buffer;
}

/** The rows that a task of a stage sends on. */
async function run(host: StageHost, stage: number, index: number, input: readonly ArrowBatch[]): Promise<SentRow[]> {
  const nextTasks = stage === 0 ? 2 : 0;
  const task = {
    ...{ stageId: stage, partitionId: index, attemptNumber: 0, filesDir: dirname(jobFile), dialect: spark42 },
    command: encodeCommand({ ...command, stage, inputs: stage === 0 ? marked : [], nextTasks }),
  };
  let builder: BatchBuilder | undefined;
  const output = {
    open: (columns: ConstructorParameters<typeof BatchBuilder>[0]) => {
      builder = new BatchBuilder(columns, "flat");
      return builder;
    },
    flush: async () => assert.fail("so few rows are no batch yet"),
  };
  const batches = (async function* () {
    yield* input;
  })();
  await host.run(task, batches, output, new AbortController().signal);
  return [...readArrowBytes((builder as unknown as BatchBuilder).takeStream())].flatMap((batch) =>
    Array.from({ length: batch.numRows }, (_, i) => {
      return { partition: batch.column("p").int(i), row: Buffer.from(batch.column("row").bytes(i)) };
    }),
  );
}

function localRow(index: number): ArrowBatch[] {
  const builder = new BatchBuilder(
    [
      { name: "mark", type: "int32" },
      { name: "value", type: "binary" },
    ],
    "flat",
  );
  const input = local[index];
  builder.append(input?.mark ?? 0, encodeBlocks(input?.blocks ?? []));
  return [...readArrowBytes(builder.takeStream())];
}

function rowsFor(partition: number, sent: readonly SentRow[]): ArrowBatch[] {
  const builder = new BatchBuilder([{ name: "row", type: "binary" }], "flat");
  for (const each of sent) if (each.partition === partition) builder.append(each.row);
  return [...readArrowBytes(builder.takeStream())];
}

test("a stage that is run again writes the same rows; what tasks say of themselves reaches the driver, times by way of the last stage", async () => {
  const [one, other] = [new StageHost(), new StageHost()];
  const first = [await run(one, 0, 0, localRow(0)), await run(one, 0, 1, localRow(1))].flat();
  const again = [await run(other, 0, 0, localRow(0)), await run(other, 0, 1, localRow(1))].flat();
  assert.deepEqual(again, first);

  const collector = new ResultCollector(1e6);
  for (const index of [0, 1]) {
    const sent = await run(one, 1, index, rowsFor(index, first));
    for (const batch of rowsFor(0, sent)) collector.add(batch);
  }
  const { tasks, outputs } = collector.result();
  assert.equal(
    outputs.reduce((sum, { count }) => sum + count, 0),
    3,
  );
  const { stages, sources, rows, edges } = mergeTaskFacts(tasks, plan);
  assert.deepEqual(
    stages.map(({ numTasks, timing }) => [numTasks, timing?.numTasks]),
    [
      [2, 2],
      [2, 2],
    ],
  );
  const bytes = inputs.map(({ blocks: [block] }) => block.length);
  assert.deepEqual(sources, [
    {
      ...{ source: "queue", records: 4, bytes: bytes.reduce((a, b) => a + b), offsetsSkipped: 0 },
      fetchMs: stages[0]?.timing?.time.fetch,
      partitions: [
        { partition: 0, records: 3, bytes: bytes[0] },
        { partition: 1, records: 1, bytes: bytes[1] },
      ],
    },
  ]);
  assert.deepEqual(rows, { queue: 4, "queue/map/reduceByKey": 3 });
  assert.deepEqual([edges.length, edges[0]?.rows], [1, 3]);
});
