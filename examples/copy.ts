// Exactly once from Kafka to Kafka: copies a topic to another, both given as arguments. Kill it whenever you like and start it again: a
// reader of committed records sees every record once.
// Run: npm run dstream -- run examples/copy.ts -- test copy
import { KafkaUtils, StreamingContext, seconds } from "dstream";

const [from = "test", to = "copy"] = process.argv.slice(2);
const ssc = new StreamingContext({ appName: "copy", batchInterval: seconds(1), checkpointDir: "./copy-checkpoint" });

const records = KafkaUtils.createDirectStream(ssc, { topics: [from], autoOffsetReset: "earliest" });

records.saveToKafka({ topic: to, toRecord: ({ key, value }) => ({ key, value }) });
records.count().print();

await ssc.start();
await ssc.awaitTermination();
