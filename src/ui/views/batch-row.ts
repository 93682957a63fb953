import type { Phase } from "../../listeners/facts/batch-facts.ts";
import type { BatchView } from "../history/batch-view.ts";
import type { JobDescription } from "../history/job-history.ts";
import type { BatchRow } from "./page-data.ts";

/** A batch as lists and charts show it. */
export function batchRow(batch: BatchView, { inputs, numOutputs }: JobDescription): BatchRow {
  const { time, status, records, schedulingDelay, processingDelay, totalDelay, outputs, facts, failureReason } = batch;
  const ended = outputs.filter(({ endTime }) => endTime !== undefined);
  const failed = ended.filter(({ failureReason: reason }) => reason !== undefined);
  const isOver = status === "completed" || status === "failed";
  return {
    ...{ time, status, records, inputs: recordsByInput(batch, inputs.length) },
    ...(schedulingDelay !== undefined && { schedulingDelay }),
    ...(processingDelay !== undefined && { processingDelay }),
    ...(totalDelay !== undefined && { totalDelay }),
    ...(facts !== undefined && {
      phases: Object.fromEntries(Object.entries(facts.phases).map(([phase, span]) => [phase as Phase, span.ms])),
      retries: facts.retries,
      stateEntries: facts.state.reduce((sum, { entries = 0 }) => sum + entries, 0),
      stateBytes: facts.state.reduce((sum, { bytes }) => sum + bytes, 0),
    }),
    ...(batch.lag !== undefined && { lag: batch.lag }),
    outputsDone: ended.length - failed.length,
    outputsFailed: failed.length,
    outputsTotal: isOver ? outputs.length : Math.max(numOutputs, outputs.length),
    ...(failureReason !== undefined && { failureReason }),
  };
}

function recordsByInput({ inputs }: BatchView, numStreams: number): number[] {
  const records = new Array<number>(numStreams).fill(0);
  for (const input of inputs) records[input.streamId] = input.records;
  return records;
}
