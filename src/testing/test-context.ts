import type { Clock } from "../runtime/clock.ts";
import type { DStream } from "../streaming/dstream.ts";
import { StreamingContext } from "../streaming/streaming-context.ts";
import type { TestJob } from "./test-job.ts";

/** What driver and workers need to build the same context around a test job; it travels as a program argument. */
export interface TestContextSpec {
  readonly url: string;
  readonly name: string;
  readonly numInputs: number;
  readonly master: string;
  readonly batchInterval: number;
  readonly numInputPartitions: number;
}

export type TestQueue = (readonly unknown[] | null)[];
export type CollectBatch = (rows: readonly unknown[], time: number) => void;

const ownExtension = import.meta.url.slice(import.meta.url.lastIndexOf("."));

/** A context with a queue stream for each input, the job's stream, and its rows collected. */
export function testContext(
  job: TestJob<readonly unknown[], unknown>,
  spec: TestContextSpec,
  queues: readonly TestQueue[],
  collect: CollectBatch,
  clock: Clock,
): StreamingContext {
  const { master, batchInterval, numInputPartitions: numPartitions } = spec;
  const jobFile = new URL(`./test-worker-main${ownExtension}`, import.meta.url);
  const ssc = new StreamingContext({ appName: spec.name, batchInterval, master, clock, jobFile });
  const inputs = queues.map((queue) => ssc.queueStream(queue, { numPartitions }));
  const build = job.build as (ssc: StreamingContext, ...inputs: readonly unknown[]) => DStream<unknown>;
  build(ssc, ...inputs).foreachRDD(async (rdd, time) => collect(await rdd.collect(), time));
  return ssc;
}
