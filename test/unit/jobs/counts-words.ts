import { KafkaUtils, StreamingContext, type StreamingContextOptions } from "dstream";
import { thisProcess } from "../../../src/runtime/process/this-process.ts";

export interface CountingJob {
  readonly ssc: StreamingContext;
  readonly received: string[][];
}

/** Words of a topic and of a queue, counted for good; the lengths of long ones go to functions of partitions. */
export function countsWords(brokers: string, options: Partial<StreamingContextOptions>): CountingJob {
  const ssc = new StreamingContext({ appName: "counting", batchInterval: 1_000, ...options });
  const received: string[][] = [];
  const lines = KafkaUtils.createDirectStream(ssc, {
    brokers: [brokers],
    topics: ["lines"],
    autoOffsetReset: "earliest",
    commitOffsets: false,
  }).map(({ value }) => value);
  const words = lines.union(ssc.queueStream([["to", "be"], ["or", "not"], []])).flatMap((line) => line.split(" "));
  words
    .map((word) => [word, 1] as const)
    .reduceByKey((a, b) => a + b, 2)
    .updateStateByKey<number>((ones, total = 0) => ones.reduce((a, b) => a + b, total))
    .foreachRDD(async (rdd) => {
      received.push((await rdd.collect()).map(([word, count]) => `${word} ${count}`).sort());
    });
  words
    .filter((word) => word.length > 3)
    .mapPartitions((rows) => [...rows].map((word) => word.length))
    .foreachPartition(() => {});
  return { ssc, received };
}

if (thisProcess.role !== undefined) {
  const { ssc } = countsWords(process.env.DSTREAM_BROKERS ?? "", {});
  await ssc.start();
}
