import { KafkaUtils, StreamingContext, seconds } from "dstream";

// Counts the words of the topic "test". Started again it goes on with its counts.

const ssc = new StreamingContext({ appName: "word-count", batchInterval: seconds(1), checkpointDir: "./checkpoint" });

const lines = KafkaUtils.createDirectStream(ssc, {
  brokers: ["localhost:9092"],
  topics: ["test"],
  autoOffsetReset: "earliest",
});

const counts = lines
  .flatMap((record) => record.value.split(" "))
  .map((word) => [word, 1] as const)
  .reduceByKey((a, b) => a + b)
  .updateStateByKey((ones, total = 0) => total + ones.reduce((a, b) => a + b, 0));

counts.print();

await ssc.start();
await ssc.awaitTermination();
