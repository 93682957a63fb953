import type { Plan } from "../../plan/plan.ts";
import type { BatchWork, SourceReads, StageFacts, StageTiming, TaskSpan } from "./batch-facts.ts";
import type { EdgeTraffic, TaskFacts, TaskTiming } from "./task-facts.ts";

/** Of more tasks, and partitions, only the sums are kept. */
const maxDetails = 1_000;

interface TimedTask {
  readonly index: number;
  readonly timing: TaskTiming;
}

/**
 * What the tasks of a batch did, with the operators' names in its plan. The order of `tasks` makes no difference. `aheadMs`: how far the
 * job's clock is ahead of the tasks' hosts, where somebody else moves it.
 */
export function mergeTaskFacts(tasks: readonly TaskFacts[], plan: Plan, aheadMs = 0): BatchWork {
  // Sums of fractions depend on the order.
  const inOrder = tasks.toSorted((a, b) => a.stage - b.stage || a.index - b.index);
  return {
    stages: [...groups(inOrder, ({ stage }) => stage)].map(([stage, ran]) => stageFacts(stage, ran, plan, aheadMs)),
    sources: sourceReads(inOrder, plan),
    ...rowsOf(inOrder, plan),
    edges: edgesOf(inOrder, plan),
  };
}

function stageFacts(stage: number, ran: readonly TaskFacts[], { graph, stages }: Plan, aheadMs: number): StageFacts {
  const operators = graph.names.filter((_, id) => stages[id] === stage);
  const timed = ran.flatMap(({ index, timing }) => (timing === undefined ? [] : { index, timing }));
  const [first, ...others] = timed;
  const facts = { stage, operators, numTasks: ran.length };
  return first === undefined ? facts : { ...facts, timing: stageTiming([first, ...others], aheadMs) };
}

function stageTiming(timed: readonly [TimedTask, ...TimedTask[]], aheadMs: number): StageTiming {
  const spans = timed.map(({ index, timing }): TaskSpan => ({ index, start: timing.start + aheadMs, ms: timing.ms }));
  const start = spans.reduce((least, span) => Math.min(least, span.start), Number.POSITIVE_INFINITY);
  const end = spans.reduce((most, span) => Math.max(most, span.start + span.ms), start);
  const sum = (msOf: (timing: TaskTiming) => number): number => timed.reduce((ms, { timing }) => ms + msOf(timing), 0);
  return {
    start,
    ms: end - start,
    numTasks: timed.length,
    taskMs: sum(({ ms }) => ms),
    time: {
      fetch: sum(({ time }) => time.fetch),
      functions: sum(({ time }) => time.functions),
      exchange: sum(({ time }) => time.exchange),
      state: sum(({ time }) => time.state),
      sink: sum(({ time }) => time.sink),
    },
    slowest: spans.reduce((slowest, span) => (span.ms > slowest.ms ? span : slowest)),
    ...(spans.length <= maxDetails && { tasks: spans }),
  };
}

function sourceReads(tasks: readonly TaskFacts[], { graph }: Plan): SourceReads[] {
  const reads = tasks.flatMap((task) => task.reads);
  const fetchMs = fetchTimes(tasks);
  return [...groups(reads, ({ source }) => source)].map(([source, parts]) => ({
    source: graph.names[source] as string,
    records: parts.reduce((sum, { records }) => sum + records, 0),
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    offsetsSkipped: parts.reduce((sum, { offsetsSkipped }) => sum + offsetsSkipped, 0),
    ...(fetchMs.has(source) && { fetchMs: fetchMs.get(source) as number }),
    ...(parts.length <= maxDetails && {
      partitions: parts.map(({ partition, records, bytes }) => ({ partition, records, bytes })),
    }),
  }));
}

/** By source: a task that reads has one input. */
function fetchTimes(tasks: readonly TaskFacts[]): Map<number, number> {
  const sums = new Map<number, number>();
  for (const { reads, timing } of tasks) {
    const source = reads[0]?.source;
    if (source === undefined || timing === undefined) continue;
    sums.set(source, (sums.get(source) ?? 0) + timing.time.fetch);
  }
  return sums;
}

function rowsOf(tasks: readonly TaskFacts[], { graph }: Plan): Pick<BatchWork, "rows" | "outputs"> {
  const { names, nodes } = graph;
  const sums = new Map<number, number>();
  for (const task of tasks) {
    for (const [id, count] of Object.entries(task.rows)) sums.set(Number(id), (sums.get(Number(id)) ?? 0) + count);
  }
  const counted = [...sums].sort(([a], [b]) => a - b);
  const ofNodes = counted.filter(([id]) => id < nodes.length);
  const ofOutputs = counted.slice(ofNodes.length);
  return {
    rows: Object.fromEntries(ofNodes.map(([id, count]) => [names[id] as string, count])),
    outputs: ofOutputs.map(([id, rows]) => ({ id: id - nodes.length, rows })),
  };
}

function edgesOf(tasks: readonly TaskFacts[], { graph, edges }: Plan): BatchWork["edges"] {
  const sums = new Map<number, EdgeTraffic>();
  for (const task of tasks) {
    for (const [id, traffic] of Object.entries(task.edges)) {
      const { rows, blocks, bytes } = sums.get(Number(id)) ?? { rows: 0, blocks: 0, bytes: 0 };
      const sum = { rows: rows + traffic.rows, blocks: blocks + traffic.blocks, bytes: bytes + traffic.bytes };
      sums.set(Number(id), sum);
    }
  }
  const name = (id: number | undefined): string => graph.names[id ?? -1] ?? "";
  return [...sums]
    .sort(([a], [b]) => a - b)
    .map(([id, traffic]) => ({ from: name(edges[id]?.from.id), to: name(edges[id]?.to.id), ...traffic }));
}

/** In the order of the keys. */
function groups<T>(items: readonly T[], keyOf: (item: T) => number): readonly [number, readonly T[]][] {
  return [...Map.groupBy(items, keyOf)].sort(([a], [b]) => a - b);
}

/** The same without what is kept of each task and partition. */
export function withoutDetails<F extends BatchWork>(facts: F): F {
  const stages = facts.stages.map(({ timing, ...stage }) => {
    if (timing === undefined) return stage;
    const { tasks: _, ...sums } = timing;
    return { ...stage, timing: sums };
  });
  return { ...facts, stages, sources: facts.sources.map(({ partitions: _, ...sums }) => sums) };
}
