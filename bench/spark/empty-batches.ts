// Milliseconds of batches with nothing in them, on Spark: empty-batches.ts BROKERS TOPIC BATCHES. Prints them as JSON.
import { KafkaUtils, milliseconds, StreamingContext } from "dstream";
import { givenSettings } from "./given-settings.ts";

const [brokers = "", topic = "", batches = "30"] = process.argv.slice(2);
const ssc = new StreamingContext({
  appName: "bench",
  batchInterval: milliseconds(500),
  master: process.env.BENCH_MASTER ?? "local",
  conf: givenSettings(),
});
const durations: number[] = [];
KafkaUtils.createDirectStream(ssc, { brokers: brokers.split(","), topics: [topic], commitOffsets: false })
  .flatMap((record) => record.value.split(" "))
  .map((word) => [word, 1] as const)
  .reduceByKey((a, b) => a + b)
  .foreachRDD(async (rdd) => void (await rdd.collect()));
ssc.addStreamingListener({
  onBatchCompleted: ({ batchInfo }) => {
    durations.push(batchInfo.processingDelay ?? Number.NaN);
    if (durations.length === Number(batches)) void Promise.resolve().then(() => ssc.stop());
  },
});
await ssc.start();
await ssc.awaitTermination();
console.log(JSON.stringify({ durations: durations.slice(0, Number(batches)) }));
