// Our side of the benchmark on Spark: word-count.ts BROKERS TOPIC BATCHES RECORDS_PER_PARTITION. Plain functions, one batch for
// each range; prints the milliseconds of each batch, the words of each and the milliseconds until the first began, as JSON.
import { KafkaUtils, milliseconds, StreamingContext } from "dstream";
import { givenSettings } from "./given-settings.ts";

const [brokers = "", topic = "", batches = "1", perPartition = "1"] = process.argv.slice(2);
const interval = milliseconds(1_000);
const ssc = new StreamingContext({
  appName: "bench",
  batchInterval: interval,
  master: process.env.BENCH_MASTER ?? "local",
  conf: givenSettings(),
});
const totals: number[] = [];
const durations: number[] = [];
/** From the start of this process to the end of the first batch, less what the batch itself took. */
let startMs = Number.NaN;

KafkaUtils.createDirectStream(ssc, {
  brokers: brokers.split(","),
  topics: [topic],
  startingOffsets: "earliest",
  maxRatePerPartition: Number(perPartition),
  commitOffsets: false,
})
  .flatMap((record) => record.value.split(" "))
  .map((word) => [word, 1] as const)
  .reduceByKey((a, b) => a + b)
  .mapPartitions((counts) => {
    let words = 0;
    for (const [, count] of counts) words += count;
    return [words];
  })
  .foreachRDD(async (rdd) => {
    totals.push((await rdd.collect()).reduce((a, b) => a + b, 0));
  });

ssc.addStreamingListener({
  onBatchCompleted: ({ batchInfo }) => {
    const duration = batchInfo.processingDelay ?? Number.NaN;
    if (durations.length === 0) startMs = Math.round(performance.now() - duration);
    durations.push(duration);
    if (durations.length === Number(batches)) void Promise.resolve().then(() => ssc.stop());
  },
});
await ssc.start();
await ssc.awaitTermination();
console.log(
  JSON.stringify({
    durations: durations.slice(0, Number(batches)),
    totals: totals.slice(0, Number(batches)),
    startMs,
  }),
);
