import type { TestContext } from "node:test";
import { JobHistory } from "../../../src/listeners/job-history.ts";
import { ListenerBus } from "../../../src/listeners/listener-bus.ts";
import type { BatchInfo } from "../../../src/listeners/streaming-listener.ts";
import type { JobDescription } from "../../../src/ui/job-description.ts";
import { JobUI } from "../../../src/ui/job-ui.ts";
import { checkUIOptions } from "../../../src/ui/ui-options.ts";
import { RecordedLog } from "../recorded-log.ts";

const intervalMs = 1_000;
const startTime = Date.UTC(2026, 0, 1);
const recordsEach = 7;

export interface FedJob {
  readonly history: JobHistory;
  readonly url: string;
  /** Plans so many batches more, which wait. */
  plan(batches: number): void;
  /** Plans, runs and ends so many batches more; returns the last one's time. */
  run(batches: number): number;
}

/** A page whose job is what the test says of it, in no time: a stream of so many partitions, whose last has most records. */
export async function fedJob(t: TestContext, partitions: number): Promise<FedJob> {
  const { log } = new RecordedLog();
  const [history, bus] = [new JobHistory(), new ListenerBus(log)];
  let time = startTime;
  bus.add(history);
  const shown = await JobUI.start({
    ...{ ui: checkUIOptions({ port: 0 }), eventLog: undefined, job: description(), history, bus, log },
    live: {
      phase: "running",
      accumulators: {},
      now: () => time,
      stateOperators: () => Promise.resolve([]),
      stateOf: (operator) => Promise.resolve({ operator, entries: [], hasMore: false }),
    },
  });
  t.after(() => shown.close());
  bus.emit("onStreamingStarted", { time, batchInterval: intervalMs, state: [] });
  const plan = (batches: number): void => {
    for (let i = 0; i < batches; i++) {
      time += intervalMs;
      bus.emit("onBatchSubmitted", { batchInfo: planned(time, partitions) });
    }
  };
  const run = (batches: number): number => {
    for (let i = 0; i < batches; i++) {
      time += intervalMs;
      const batchInfo = planned(time, partitions);
      bus.emit("onBatchSubmitted", { batchInfo });
      bus.emit("onBatchStarted", { batchInfo: { ...batchInfo, processingStartTime: time, schedulingDelay: 2 } });
      const output = { batchTime: time, id: 0, name: "foreachRDD", startTime: time };
      bus.emit("onOutputOperationStarted", { outputOperationInfo: output });
      bus.emit("onOutputOperationCompleted", { outputOperationInfo: { ...output, endTime: time + 300 } });
      bus.emit("onBatchCompleted", { batchInfo: ended(batchInfo, partitions) });
    }
    return time;
  };
  return { history, url: shown.url as string, plan, run };
}

function description(): JobDescription {
  return {
    ...{ id: "fed", appName: "fed", master: "local[4]", version: "0.1.0", startTime, batchInterval: intervalMs },
    inputs: ["lines"],
    operators: [
      { name: "lines", parents: [], site: "job.ts:3:9", kind: "source" },
      { name: "counts", parents: ["lines"], site: "job.ts:5:4", kind: "operator" },
      { name: "foreachRDD 0", parents: ["counts"], site: "job.ts:6:4", kind: "output" },
    ],
    outputs: ["foreachRDD"],
    configuration: { appName: "fed" },
  };
}

const recordsOf = (partition: number, partitions: number): number =>
  partition === partitions - 1 ? 100 * recordsEach : recordsEach;

function planned(batchTime: number, partitions: number): BatchInfo {
  const batch = (batchTime - startTime) / intervalMs;
  const offsetRanges = Array.from({ length: partitions }, (_, partition) => {
    const records = recordsOf(partition, partitions);
    return { topic: "lines", partition, fromOffset: (batch - 1) * records, untilOffset: batch * records };
  });
  const numRecords = (partitions + 99) * recordsEach;
  return {
    ...{ batchTime, submissionTime: batchTime, numRecords, lag: batch % 100 },
    streamIdToInputInfo: new Map([[0, { numRecords, offsetRanges }]]),
    outputOperationInfos: new Map(),
  };
}

function ended(batchInfo: BatchInfo, partitions: number): BatchInfo {
  const { batchTime, numRecords } = batchInfo;
  const span = { start: batchTime, ms: 200 + (batchTime % 7_000) / 100 };
  const tasks = Array.from({ length: partitions }, (_, index) => ({
    index,
    start: batchTime,
    ms: 1 + index / partitions,
  }));
  const output = { batchTime, id: 0, name: "foreachRDD", startTime: batchTime, endTime: batchTime + 300 };
  return {
    ...batchInfo,
    ...{ processingStartTime: batchTime + 2, processingEndTime: batchTime + 302 },
    ...{ schedulingDelay: 2, processingDelay: 300, totalDelay: 302 },
    outputOperationInfos: new Map([[0, output]]),
    facts: {
      ...{ retries: 0, sources: [], outputs: [{ id: 0, rows: 5 }], edges: [], rows: { lines: numRecords, counts: 5 } },
      state: [{ operator: "counts", entries: 1_000, bytes: 50_000 }],
      phases: { plan: span, log: span, read: span, compute: span, prepare: span, commit: span },
      stages: [
        {
          ...{ stage: 0, operators: ["lines"], numTasks: partitions },
          timing: {
            ...{ ...span, numTasks: partitions, taskMs: 1.5 * partitions },
            time: { fetch: 1, functions: 1, exchange: 1, state: 0, sink: 0 },
            slowest: { index: partitions - 1, start: batchTime, ms: 2 },
            ...(partitions <= 1_000 && { tasks }),
          },
        },
      ],
    },
  };
}
