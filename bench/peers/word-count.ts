// The word count of the peers kit (W1, W1b): word-count.ts BROKERS TOPIC RECORDS OUT PROGRESS RECORDS_PER_BATCH
// CHECKPOINT_DIR. Counts all records with plain functions, writes the totals to OUT and a line for each batch to PROGRESS.
import { appendFileSync, writeFileSync } from "node:fs";
import { KafkaUtils, milliseconds, StreamingContext } from "dstream";

const [brokers = "", topic = "", records = "0", out = "", progress = "", perBatch = "500000", checkpointDir = ""] =
  process.argv.slice(2);
const interval = milliseconds(200);
const partitions = 4;
const ssc = new StreamingContext({
  appName: `word-count-${process.pid}`,
  batchInterval: interval,
  master: "local[2]",
  checkpointDir,
});

const counts = KafkaUtils.createDirectStream(ssc, {
  brokers: brokers.split(","),
  topics: [topic],
  startingOffsets: "earliest",
  maxRatePerPartition: (Number(perBatch) / partitions / interval) * 1_000,
  commitOffsets: false,
})
  .flatMap((record) => record.value.split(" "))
  .map((word) => [word, 1] as const)
  .reduceByKey((a, b) => a + b)
  .updateStateByKey((ones, total = 0) => total + ones.reduce((a, b) => a + b, 0));

let counted = 0;
ssc.addStreamingListener({
  onBatchStarted: ({ batchInfo }) => {
    counted += batchInfo.numRecords;
  },
  onBatchCompleted: ({ batchInfo }) => {
    if (batchInfo.numRecords > 0) appendFileSync(progress, `${JSON.stringify({ t: Date.now(), n: counted })}\n`);
  },
});
counts.foreachRDD(async (rdd) => {
  if (counted < Number(records)) return;
  writeFileSync(out, JSON.stringify(Object.fromEntries(await rdd.collect())));
  await ssc.stop();
});

await ssc.start();
await ssc.awaitTermination();
