import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamingContext } from "dstream";
import { type Random, seededRandom } from "../../../test/support/seeded-random.ts";
import { cutIntoStages, type Plan } from "../../plan/plan.ts";
import { mergeTaskFacts, withoutDetails } from "./merge-task-facts.ts";
import type { TaskFacts } from "./task-facts.ts";

const noTime = { fetch: 0, functions: 0, exchange: 0, state: 0, sink: 0 };
const nothing = { reads: [], rows: {}, edges: {} };

function planOfCounts(): Plan {
  const ssc = new StreamingContext({ appName: "facts", batchInterval: 1_000 });
  const pairs = ssc.queueStream<readonly [string, number]>([]);
  pairs.reduceByKey((a, b) => a + b).foreachRDD(() => {});
  const sourcePartitions = { [pairs.internals.node.id]: 4 };
  return cutIntoStages(ssc.job.plan.build(), { defaultParallelism: 3, slots: 1, sourcePartitions, buckets: 64 });
}

function someTasks(random: Random): TaskFacts[] {
  const fraction = (): number => random(1_000_000) / 999;
  return Array.from({ length: 1 + random(20) }, (_, i) => {
    const stage = random(2);
    const [fetch, functions, exchange, state, sink] = [fraction(), fraction(), fraction(), fraction(), fraction()];
    const timing = { start: random(1_000), ms: fraction(), time: { fetch, functions, exchange, state, sink } };
    const reads = [{ source: 0, partition: i, records: random(100), bytes: random(9_000), offsetsSkipped: random(3) }];
    const traffic = { rows: random(99), blocks: random(9), bytes: random(999) };
    return {
      ...{ stage, index: i, rows: { [random(3)]: random(50) } },
      ...(stage === 0 ? { reads, edges: { 0: traffic } } : { reads: [], edges: {} }),
      ...(random(4) > 0 && { timing }),
    };
  });
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  return items
    .map((item) => [random(1 << 30), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);
}

test("it makes no difference in which order tasks tell of themselves", () => {
  const plan = planOfCounts();
  for (let seed = 0; seed < 200; seed++) {
    const random = seededRandom(seed);
    const tasks = someTasks(random);
    assert.deepEqual(mergeTaskFacts(shuffled(tasks, random), plan), mergeTaskFacts(tasks, plan), `seed ${seed}`);
  }
});

test("tasks of a stage are put together, by the names of their operators", () => {
  const read = { source: 0, records: 10, bytes: 100, offsetsSkipped: 1 };
  const tasks: TaskFacts[] = [
    {
      ...{ stage: 0, index: 0, rows: { 0: 10 }, edges: { 0: { rows: 5, blocks: 2, bytes: 50 } } },
      reads: [{ ...read, partition: 0 }],
      timing: { start: 1_000, ms: 20.5, time: { ...noTime, fetch: 12, functions: 8 } },
    },
    {
      ...{ stage: 0, index: 1, rows: { 0: 10 }, edges: { 0: { rows: 4, blocks: 1, bytes: 40 } } },
      reads: [{ ...read, partition: 1 }],
      timing: { start: 1_010, ms: 30, time: { ...noTime, fetch: 20, exchange: 9 } },
    },
    { ...nothing, stage: 1, index: 2, rows: { 1: 6, 2: 6 } },
  ];
  const [from, to] = ["queue", "queue/reduceByKey"];
  assert.deepEqual(mergeTaskFacts(tasks, planOfCounts(), 500), {
    stages: [
      {
        ...{ stage: 0, operators: [from], numTasks: 2 },
        timing: {
          ...{ start: 1_500, ms: 40, numTasks: 2, taskMs: 50.5 },
          time: { ...noTime, fetch: 32, functions: 8, exchange: 9 },
          slowest: { index: 1, start: 1_510, ms: 30 },
          tasks: [
            { index: 0, start: 1_500, ms: 20.5 },
            { index: 1, start: 1_510, ms: 30 },
          ],
        },
      },
      { stage: 1, operators: [to], numTasks: 1 },
    ],
    sources: [
      {
        ...{ source: from, records: 20, bytes: 200, offsetsSkipped: 2, fetchMs: 32 },
        partitions: [
          { partition: 0, records: 10, bytes: 100 },
          { partition: 1, records: 10, bytes: 100 },
        ],
      },
    ],
    rows: { [from]: 20, [to]: 6 },
    outputs: [{ id: 0, rows: 6 }],
    edges: [{ from, to, rows: 9, blocks: 3, bytes: 90 }],
  });
});

for (const [numTasks, isKept] of [
  [1_000, true],
  [1_001, false],
] as const) {
  test(`of ${numTasks} partitions each is ${isKept ? "" : "not "}kept, and their sums in any case`, () => {
    const tasks = Array.from({ length: numTasks }, (_, index): TaskFacts => {
      const reads = [{ source: 0, partition: index, records: 2, bytes: 3, offsetsSkipped: 0 }];
      return { ...nothing, stage: 0, index, reads, timing: { start: 0, ms: 1, time: noTime } };
    });
    const facts = mergeTaskFacts(tasks, planOfCounts());
    const details = [facts.stages[0]?.timing?.tasks, facts.sources[0]?.partitions].map((all) => all?.length);
    assert.deepEqual(details, isKept ? [numTasks, numTasks] : [undefined, undefined]);
    assert.deepEqual([facts.stages[0]?.timing?.taskMs, facts.sources[0]?.records], [numTasks, 2 * numTasks]);
    const { stages, sources } = withoutDetails(facts);
    assert.deepEqual([stages[0]?.timing?.tasks, sources[0]?.partitions], [undefined, undefined]);
    assert.deepEqual([stages[0]?.timing?.taskMs, sources[0]?.records], [numTasks, 2 * numTasks]);
  });
}
