import { isMainThread } from "node:worker_threads";
import { KafkaProducer, KafkaUtils, StreamingContext, type StreamingContextOptions } from "dstream";

export const slowPartition = 2;
export const partitions = 4;

const pause = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/** Clicks by page, counted for good; those of one partition take long. */
export function clicksJob(brokers: string, options: Partial<StreamingContextOptions> = {}): StreamingContext {
  const ssc = new StreamingContext({ appName: "clicks", batchInterval: 500, defaultParallelism: 2, ...options });
  KafkaUtils.createDirectStream(ssc, { brokers: [brokers], topics: ["clicks"], autoOffsetReset: "earliest" })
    .name("clicks")
    .map(({ value, partition }) => {
      if (partition === slowPartition) pause(4);
      return [value, 1] as const;
    })
    .reduceByKey((a, b) => a + b)
    .name("counts")
    .updateStateByKey<number>((ones, total = 0) => ones.reduce((a, b) => a + b, total))
    .name("totals")
    .foreachRDD(() => {});
  return ssc;
}

const pages = ["/", "/cart", "/search", "/help", "/orders"];

/** Sends clicks to all partitions, now more and now fewer of them, until the returned function is called. */
export function sendClicks(brokers: string): () => Promise<void> {
  const producer = new KafkaProducer({ brokers: [brokers] });
  let rounds = 0;
  const timer = setInterval(() => {
    const each = Math.round(2 + 1.5 * Math.sin(rounds++ / 40));
    for (let i = 0; i < each * partitions; i++) {
      const value = pages[i % pages.length] as string;
      producer.send({ topic: "clicks", partition: i % partitions, value }).catch(() => {});
    }
  }, 50);
  return async () => {
    clearInterval(timer);
    await producer.close();
  };
}

if (!isMainThread) await clicksJob(process.env.DSTREAM_BROKERS ?? "").start();
