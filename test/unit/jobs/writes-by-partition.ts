import { appendFileSync } from "node:fs";
import { type Clock, type DStream, KafkaUtils, StreamingContext, type TaskInfo } from "dstream";
import type { JobRuntime, runtimeKey } from "../../../src/runtime/job-runtime.ts";

// Writes each row that a partition of a batch has, of streams of every kind, as an idempotent output would: by time and partition.

export interface WritesOptions {
  readonly brokers: string;
  readonly output: string;
  readonly master: string;
  readonly checkpointDir: string;
  readonly clock?: Clock;
  readonly defaultParallelism?: number;
  readonly [runtimeKey]?: Partial<JobRuntime>;
}

export function writesByPartition({ brokers, output, ...options }: WritesOptions): StreamingContext {
  const jobFile = new URL("./writes-by-partition-worker.ts", import.meta.url);
  const ssc = new StreamingContext({ appName: "writes", batchInterval: 1_000, jobFile, ...options });
  const source = { brokers: [brokers], topics: ["in"], startingOffsets: "earliest", maxRatePerPartition: 20 } as const;
  const words = KafkaUtils.createDirectStream(ssc, source).map(({ value }) => value);
  const pairs = words.map((word) => [word, 1] as const);
  const add = (a: number, b: number): number => a + b;
  const streams: Readonly<Record<string, DStream<any>>> = {
    words,
    reduced: pairs.reduceByKey(add),
    transformed: pairs.transform((rdd) => rdd.reduceByKey(add)),
    window: words.window(3_000),
    counted: pairs.reduceByKeyAndWindow(add, 3_000),
    state: pairs.updateStateByKey<number>((ones, total = 0) => total + ones.length, { name: "state" }),
    cogrouped: pairs.cogroup(pairs),
    united: words.union(words).mapPartitions((rows, { partition }) => [[partition, [...rows].length]]),
  };
  for (const [name, stream] of Object.entries(streams)) {
    stream.foreachPartition((rows: Iterable<unknown>, { batchTime, partition }: TaskInfo) => {
      appendFileSync(output, `${JSON.stringify({ name, batchTime, partition, rows: [...rows] })}\n`);
    });
  }
  return ssc;
}
