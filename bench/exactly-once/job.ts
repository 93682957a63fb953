// Copies a topic to another and keeps the totals of its keys, exactly-once or at least once: job.ts BROKERS TOPIC OUT_TOPIC
// RECORDS DELIVERY INTERVAL_MS RECORDS_PER_BATCH CHECKPOINT_DIR. Prints the records of each batch, and the milliseconds it took.
import { KafkaUtils, milliseconds, StreamingContext } from "dstream";

const [
  brokers = "",
  topic = "",
  outTopic = "",
  records = "",
  delivery = "",
  interval = "",
  perBatch = "",
  directory = "",
] = process.argv.slice(2);
const partitions = 4;
const ssc = new StreamingContext({
  appName: "copy",
  batchInterval: milliseconds(Number(interval)),
  master: "local",
  checkpointDir: directory,
});
const input = KafkaUtils.createDirectStream(ssc, {
  brokers: [brokers],
  topics: [topic],
  startingOffsets: "earliest",
  commitOffsets: false,
  maxRatePerPartition: Number(perBatch) / partitions / (Number(interval) / 1_000),
}).map(({ key, value }) => [String(key), value] as const);
input.saveToKafka({ topic: outTopic, delivery: delivery as "exactly-once" | "at-least-once" });
input
  .mapValues(() => 1)
  .reduceByKey((a, b) => a + b)
  .updateStateByKey<number>((counts, total = 0) => counts.reduce((a, b) => a + b, total))
  .foreachRDD(() => {});

const batches: { records: number; ms: number }[] = [];
let done = 0;
let startedAt = 0;
ssc.addStreamingListener({
  onBatchStarted: () => {
    startedAt = performance.now();
  },
  onBatchCompleted: ({ batchInfo }) => {
    batches.push({ records: batchInfo.numRecords, ms: Number((performance.now() - startedAt).toFixed(2)) });
    done += batchInfo.numRecords;
    if (done === Number(records)) void Promise.resolve().then(() => ssc.stop());
  },
});
await ssc.start();
await ssc.awaitTermination();
console.log(JSON.stringify({ batches, cpuMs: process.cpuUsage().user / 1_000 }));
