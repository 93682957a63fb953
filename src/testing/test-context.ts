import type { Clock } from "../runtime/clock.ts";
import type { DStream } from "../streaming/dstream.ts";
import { StreamingContext } from "../streaming/streaming-context.ts";
import type { TestJob } from "./test-job.ts";
import { TimedSource } from "./timed-source.ts";

/** What driver and workers need to build the same context around test jobs; it travels as a program argument. */
export interface TestContextSpec {
  readonly jobs: readonly {
    readonly url: string;
    readonly name: string;
    readonly numInputs: number;
    readonly numInputPartitions: number;
  }[];
  readonly master: string;
  readonly batchInterval: number;
  readonly checkpointDir: string | undefined;
}

/** A job of the spec, and the queue of each of its inputs. */
export interface QueuedJob {
  readonly job: TestJob<any, unknown>;
  readonly queues: readonly (readonly unknown[] | null)[][];
}
export type CollectBatch = (index: number, rows: readonly unknown[], time: number) => void;

const ownExtension = import.meta.url.slice(import.meta.url.lastIndexOf("."));

/** A context with a queue stream for each input of each job, the jobs' streams, and their rows collected. */
export function testContext(
  { jobs, master, batchInterval, checkpointDir }: TestContextSpec,
  queued: readonly QueuedJob[],
  collect: CollectBatch,
  clock: Clock,
): StreamingContext {
  const jobFile = new URL(`./test-worker-main${ownExtension}`, import.meta.url);
  const appName = jobs.map(({ name }) => name).join(", ");
  const checkpoint = checkpointDir === undefined ? {} : { checkpointDir };
  const ssc = new StreamingContext({ appName, batchInterval, master, clock, jobFile, ...checkpoint });
  for (const [index, { job, queues }] of queued.entries()) {
    const numPartitions = jobs[index]?.numInputPartitions ?? 1;
    const inputs = queues.map((entries) => {
      const options = { entries, batchInterval, numPartitions };
      return ssc.stream(ssc.job.addSource("queue", { kind: "rows" }, (nodeId) => new TimedSource(nodeId, options)));
    });
    const build = job.build as (ssc: StreamingContext, ...inputs: readonly unknown[]) => DStream<unknown>;
    build(ssc, ...inputs).foreachRDD(async (rdd, time) => collect(index, await rdd.collect(), time));
  }
  return ssc;
}
