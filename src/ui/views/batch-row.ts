import type { JobDescription } from "../job-description.ts";
import { isOver, type StatedBatch } from "./batch-view.ts";
import type { BatchRow } from "./page-data.ts";

/** A batch as lists and charts show it. */
export function batchRow({ info, status }: StatedBatch, { inputs, outputs: all }: JobDescription): BatchRow {
  const { batchTime: time, numRecords: records, schedulingDelay, processingDelay, totalDelay, lag } = info;
  const { facts, failureReason, streamIdToInputInfo } = info;
  const outputs = [...info.outputOperationInfos.values()];
  const ended = outputs.filter(({ endTime }) => endTime !== undefined);
  const failed = ended.filter(({ failureReason: reason }) => reason !== undefined);
  return {
    ...{ time, status, records, inputs: inputs.map((_, id) => streamIdToInputInfo.get(id)?.numRecords ?? 0) },
    ...(schedulingDelay !== undefined && { schedulingDelay }),
    ...(processingDelay !== undefined && { processingDelay }),
    ...(totalDelay !== undefined && { totalDelay }),
    ...(facts !== undefined && {
      phases: Object.fromEntries(Object.entries(facts.phases).map(([phase, { ms }]) => [phase, ms])),
      retries: facts.retries,
      stateEntries: facts.state.reduce((sum, { entries = 0 }) => sum + entries, 0),
      stateBytes: facts.state.reduce((sum, { bytes }) => sum + bytes, 0),
    }),
    ...(lag !== undefined && { lag }),
    outputsDone: ended.length - failed.length,
    outputsFailed: failed.length,
    outputsTotal: isOver(status) ? outputs.length : all.length,
    ...(failureReason !== undefined && { failureReason }),
  };
}
