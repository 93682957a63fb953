import { isMainThread } from "node:worker_threads";
import { KafkaUtils, StreamingContext, type StreamingContextOptions } from "dstream";

export interface CountingJob {
  readonly ssc: StreamingContext;
  /** What state has of each batch. */
  readonly totals: string[][];
}

/** Words of the topic `lines`, counted in many ways: for good, in a window, beside rows that are in every process, by function. */
export function countsWords(brokers: string, options: Partial<StreamingContextOptions>): CountingJob {
  const ssc = new StreamingContext({ appName: "counting", batchInterval: 1_000, defaultParallelism: 2, ...options });
  const totals: string[][] = [];
  const words = KafkaUtils.createDirectStream(ssc, {
    brokers: [brokers],
    topics: ["lines"],
    autoOffsetReset: "earliest",
    commitOffsets: false,
  })
    .name("lines")
    .flatMap(({ value }) => value.split(" "));
  const ones = words.map((word) => [word, 1] as const);
  ones
    .reduceByKey((a, b) => a + b)
    .name("counts")
    .updateStateByKey<number>((ones, total = 0) => ones.reduce((a, b) => a + b, total))
    .name("totals")
    .foreachRDD(async (rdd) => {
      totals.push((await rdd.collect()).map(([word, count]) => `${word} ${count}`).sort());
    });
  ones
    .reduceByKeyAndWindow((a, b) => a + b, 2_000, 1_000)
    .name("windowed")
    .foreachRDD(() => {});
  ones
    .transform((rdd) => rdd.join(ssc.parallelize([["to", "preposition"] as const], 1)))
    .name("joined")
    .foreachRDD(() => {});
  words
    .filter((word) => word.length > 3)
    .mapPartitions((rows) => [...rows].map((word) => word.length))
    .name("lengths")
    .foreachPartition(() => {});
  return { ssc, totals };
}

if (!isMainThread) await countsWords(process.env.DSTREAM_BROKERS ?? "", {}).ssc.start();
