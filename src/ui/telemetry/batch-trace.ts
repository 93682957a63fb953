import type { Attributes, Context, HrTime, Span as OpenSpan, Tracer } from "@opentelemetry/api";
import type { Phase } from "../../listeners/facts/batch-facts.ts";
import type { BatchInfo } from "../../listeners/streaming-listener.ts";
import type { Api } from "./find-api.ts";

/** Phases that are spans; "read" and "compute" are those of the stages and outputs. */
const phaseSpans: readonly Phase[] = ["plan", "log", "prepare", "commit"];

interface Part {
  readonly name: string;
  /** Epoch ms. */
  readonly start: number;
  readonly end: number;
  readonly attributes: Attributes;
  readonly failure?: string | undefined;
}

/**
 * A batch that has ended as a trace of its own: a span with a child for each phase of the driver, stage and output. Stages are timed by
 * the clocks of their hosts.
 */
export function traceBatch(api: Api, tracer: Tracer, info: BatchInfo, appName: string): void {
  const { batchTime, numRecords, lag, facts, failureReason: failure } = info;
  const start = facts?.phases.plan?.start ?? info.submissionTime;
  // The clock shows whole milliseconds, phases have fractions.
  const ends = phaseSpans.flatMap((phase) => facts?.phases[phase] ?? []).map((span) => span.start + span.ms);
  const end = Math.max(info.processingEndTime ?? start, start, ...ends);
  const attributes: Attributes = {
    "dstream.app.name": appName,
    "dstream.batch.time": batchTime,
    "dstream.batch.records": numRecords,
    "dstream.batch.retries": facts?.retries ?? 0,
    ...(lag !== undefined && { "dstream.batch.lag": lag }),
  };
  const batch = begin(api, tracer, { name: "batch", start, end, attributes, failure }, api.ROOT_CONTEXT);
  if (batch.isRecording()) {
    const inside = api.trace.setSpan(api.ROOT_CONTEXT, batch);
    for (const part of partsOf(info)) begin(api, tracer, part, inside).end(hrTime(part.end));
  }
  batch.end(hrTime(end));
}

function* partsOf({ facts, outputOperationInfos, processingEndTime }: BatchInfo): Generator<Part> {
  for (const phase of phaseSpans) {
    const span = facts?.phases[phase];
    if (span !== undefined) yield { name: phase, start: span.start, end: span.start + span.ms, attributes: {} };
  }
  for (const { stage, operators, timing } of facts?.stages ?? []) {
    if (timing === undefined) continue;
    const { start, ms, numTasks, taskMs } = timing;
    const attributes = {
      ...{ "dstream.stage": stage, "dstream.stage.operators": [...operators] },
      ...{ "dstream.stage.tasks": numTasks, "dstream.stage.task_seconds": taskMs / 1_000 },
    };
    yield { name: `stage ${stage}`, start, end: start + ms, attributes };
  }
  for (const {
    id,
    name,
    startTime: start,
    endTime: end = processingEndTime,
    failureReason,
  } of outputOperationInfos.values()) {
    if (start === undefined || end === undefined) continue;
    yield { name: `output ${name}`, start, end, attributes: { "dstream.output": id }, failure: failureReason };
  }
}

function begin(api: Api, tracer: Tracer, { name, start, attributes, failure }: Part, parent: Context): OpenSpan {
  const span = tracer.startSpan(name, { startTime: hrTime(start), attributes }, parent);
  if (failure === undefined) return span;
  // Its first line: what follows may be the program's stack.
  const [message = ""] = failure.split("\n", 1);
  span.setAttribute("error.type", /^\[([A-Z_]+)\]/.exec(message)?.[1] ?? "_OTHER");
  span.setStatus({ code: api.SpanStatusCode.ERROR, message });
  return span;
}

/** Numbers of a manual clock would be taken for times since the process began. */
function hrTime(epochMs: number): HrTime {
  const nanos = Math.round((epochMs % 1_000) * 1e6);
  const seconds = Math.floor(epochMs / 1_000);
  return nanos >= 1e9 ? [seconds + 1, nanos - 1e9] : [seconds, nanos];
}
