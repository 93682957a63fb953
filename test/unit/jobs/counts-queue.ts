import { StreamingContext } from "dstream";

/** Words of a queue, counted: two stages. */
export function countsQueue(): StreamingContext {
  const ssc = new StreamingContext({ appName: "counts-queue", batchInterval: 1_000 });
  ssc
    .queueStream<string>([])
    .map((word) => [word, 1] as const)
    .reduceByKey((a, b) => a + b)
    .foreachRDD(() => {});
  return ssc;
}

if (process.argv[2] === "in a worker") await countsQueue().start();
