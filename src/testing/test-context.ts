import { checkInstance, invalidOption } from "../errors/checks/check-options.ts";
import { neededFor } from "../plan/graph/without-unused.ts";
import { type JobRuntime, runtimeKey } from "../runtime/job-runtime.ts";
import type { StateStoreKind } from "../state/open-state-store.ts";
import { StreamingContext } from "../streaming/context/streaming-context.ts";
import { DStream } from "../streaming/dstream.ts";
import { kitRuntime } from "./kit-runtime.ts";
import { type ArmedKill, armedKill } from "./lives/armed-kill.ts";
import { TimedSource } from "./lives/timed-source.ts";
import type { ManualClock } from "./manual-clock.ts";
import type { TestJob } from "./test-job.ts";

/** What driver and workers need to build the same context around test jobs; it travels as a program argument. */
export interface TestContextSpec {
  readonly jobs: readonly TestJobSpec[];
  readonly master: string;
  /** The time before the first batch, in epoch ms. */
  readonly startTime: number;
  readonly batchInterval: number;
  readonly checkpointDir?: string | undefined;
  readonly stateStore?: StateStoreKind | undefined;
  /** Where the process is to be killed. */
  readonly kill?: ArmedKill | undefined;
  /** Whether attempts are made to fail: by an output of their own, which is there in every batch. */
  readonly hasFails: boolean;
  /** Whether inputs with rows that no output reads are refused. Default: they are not. */
  readonly looksAtInputs?: boolean;
}

export interface TestJobSpec {
  readonly url: string;
  readonly name: string;
  readonly numInputs: number;
  readonly numInputPartitions: number;
}

/** A job of the spec, and the entries of each of its inputs. */
export interface QueuedJob {
  readonly job: TestJob<any, unknown>;
  readonly queues: readonly (readonly (readonly unknown[] | null)[])[];
}

/** What the driver does in a batch. */
export interface BatchActions {
  /** Takes the rows of a job. */
  collect(index: number, rows: readonly unknown[], time: number): Promise<void> | void;
  /** May throw, behind the jobs' outputs; called where the spec has `hasFails`. */
  failing(time: number): void;
}

const ownExtension = import.meta.url.slice(import.meta.url.lastIndexOf("."));

/** A context with a stream for each input of each job, the jobs' streams, and their rows collected. */
export function testContext(
  spec: TestContextSpec,
  queued: readonly QueuedJob[],
  actions: BatchActions,
  { clock, runtime }: { readonly clock: ManualClock; readonly runtime?: JobRuntime | undefined },
): StreamingContext {
  const { jobs, master, startTime, batchInterval, checkpointDir, stateStore = "memory", kill } = spec;
  const jobFile = new URL(`./test-worker-main${ownExtension}`, import.meta.url);
  const appName = jobs.map(({ name }) => name).join(", ");
  const checkpoint = checkpointDir === undefined ? {} : { checkpointDir };
  const killing = kill && armedKill(kill);
  const own = { ...(runtime ?? kitRuntime()), ...killing?.runtime };
  const options = { appName, batchInterval, master, clock, jobFile, stateStore, ...checkpoint };
  const ssc = new StreamingContext({ ...options, [runtimeKey]: own });
  if (killing !== undefined) ssc.addStreamingListener(killing.listener);
  const streamOf = (entries: QueuedJob["queues"][number], numPartitions: number): DStream<unknown> => {
    const options = { entries, startTime, batchInterval, numPartitions };
    return ssc.stream(ssc.job.addSource("queue", { kind: "rows" }, (nodeId) => new TimedSource(nodeId, options)));
  };
  for (const [index, { job, queues }] of queued.entries()) {
    const inputs = queues.map((entries) => streamOf(entries, jobs[index]?.numInputPartitions ?? 1));
    const build = job.build as (ssc: StreamingContext, ...inputs: readonly unknown[]) => DStream<unknown>;
    const stream = build(ssc, ...inputs);
    checkInstance(`what the build of test job "${job.name}" returns`, stream, DStream<unknown>, "a stream");
    stream.foreachRDD(async (rdd, time) => actions.collect(index, await rdd.collect(), time));
    if (spec.looksAtInputs) checkRead(job.name, inputs, queues, ssc);
  }
  if (spec.hasFails) streamOf([], 1).foreachRDD((_rdd, time) => actions.failing(time));
  return ssc;
}

/** @throws INVALID_OPTION for an input with rows that no output reads. */
function checkRead(
  name: string,
  inputs: readonly DStream<unknown>[],
  queues: QueuedJob["queues"],
  ssc: StreamingContext,
): void {
  const read = neededFor(ssc.job.plan.build().outputs.map(({ node }) => node));
  for (const [index, { internals }] of inputs.entries()) {
    const hasRows = queues[index]?.some((rows) => rows !== null && rows.length > 0);
    if (!hasRows || read.has(internals.node)) continue;
    throw invalidOption(`input ${index + 1} of test job "${name}"`, "one that no output reads", "read by its build");
  }
}
