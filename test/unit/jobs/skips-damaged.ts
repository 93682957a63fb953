// The job of damaged-logs.test.ts; workers load it in place of the test.
import { isMainThread } from "node:worker_threads";
import { KafkaUtils, StreamingContext, type StreamingContextOptions } from "dstream";

export function skipsDamaged(
  brokers: string,
  options: Partial<StreamingContextOptions>,
): { ssc: StreamingContext; values: string[] } {
  const ssc = new StreamingContext({ appName: "skips-damaged", batchInterval: 1_000, ...options });
  const values: string[] = [];
  KafkaUtils.createDirectStream(ssc, {
    brokers: [brokers],
    topics: ["damaged"],
    autoOffsetReset: "earliest",
    onCorruptBatch: "skip",
  })
    .map(({ value }) => value)
    .foreachRDD(async (rdd) => void values.push(...(await rdd.collect())));
  return { ssc, values };
}

if (!isMainThread) await skipsDamaged(process.env.DSTREAM_BROKERS ?? "localhost:9092", {}).ssc.start();
