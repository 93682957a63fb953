import type { Phase } from "../../listeners/facts/batch-facts.ts";
import type { BatchInfo } from "../../listeners/streaming-listener.ts";
import { type Metric, metrics } from "./metric-table.ts";
import type { Labels } from "./samples.ts";

export const commitPhases: readonly Phase[] = ["log", "prepare", "commit"];

/** A value that a histogram counts. */
export interface Measure {
  readonly metric: Metric;
  readonly labels: Labels;
  readonly seconds: number;
  /** How often there was just this value. */
  readonly times: number;
}

/** What histograms count of a batch that was committed. */
export function* batchMeasures(
  { facts, streamIdToInputInfo, ...info }: BatchInfo,
  inputNames: readonly string[],
): Generator<Measure> {
  const { processingDelay = 0, schedulingDelay = 0, totalDelay = 0 } = info;
  yield measure(metrics.processing, processingDelay);
  yield measure(metrics.schedulingDelay, schedulingDelay);
  yield measure(metrics.totalDelay, totalDelay);
  if (facts === undefined) return;
  for (const phase of commitPhases) {
    const span = facts.phases[phase];
    if (span !== undefined) yield measure(metrics.commit, span.ms, { phase });
  }
  for (const { stage, timing } of facts.stages) {
    if (timing === undefined) continue;
    const labels = { stage: String(stage) };
    yield measure(metrics.stage, timing.ms, labels);
    // Of more than 1,000 tasks there is only the sum: they count by their mean.
    const { numTasks, taskMs, tasks } = timing;
    if (tasks === undefined) yield measure(metrics.taskSeconds, taskMs / numTasks, labels, numTasks);
    else for (const { ms } of tasks) yield measure(metrics.taskSeconds, ms, labels);
  }
  const ofKafka = new Set([...streamIdToInputInfo].flatMap(([id, { groupId }]) => (groupId && inputNames[id]) ?? []));
  for (const { source, fetchMs } of facts.sources) {
    if (fetchMs !== undefined && ofKafka.has(source)) yield measure(metrics.kafkaFetch, fetchMs);
  }
}

function measure(metric: Metric, ms: number, labels: Labels = {}, times = 1): Measure {
  return { metric, labels, seconds: ms / 1_000, times };
}
