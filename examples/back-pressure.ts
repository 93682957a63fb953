// Back-pressure: takes in as much as the job can process. It begins with 20 records a second; after two batches the PID estimator follows
// how long batches take. What waits in Kafka is the lag.
// Run: npm run dstream -- run examples/back-pressure.ts
import { KafkaUtils, StatsReportListener, StreamingContext, seconds } from "dstream";

const ssc = new StreamingContext({
  appName: "back-pressure",
  batchInterval: seconds(1),
  backpressure: { enabled: true, initialRate: 20, maxRate: 10_000 },
});

KafkaUtils.createDirectStream(ssc, { topics: ["test"], autoOffsetReset: "earliest" })
  .flatMap(({ value }) => value.split(" "))
  .countByValue()
  .foreachRDD(() => {});

ssc.addStreamingListener(new StatsReportListener());
ssc.addStreamingListener({
  onBatchCompleted: ({ batchInfo }) => console.log(`${batchInfo.numRecords} records; ${ssc.progress.lag} wait`),
});

await ssc.start();
await ssc.awaitTermination();
