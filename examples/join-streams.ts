// A join of two streams: payments (topic "payments", key: the order) with the orders of the last minute (topic "orders", key: the order).
// A join looks at one batch; what may come earlier is kept by a window.
// Run: npm run dstream -- run examples/join-streams.ts
import { KafkaUtils, minutes, type PairDStream, StreamingContext, seconds } from "dstream";

const ssc = new StreamingContext({ appName: "join-streams", batchInterval: seconds(1) });

function keyed(topic: string): PairDStream<string, string> {
  const records = KafkaUtils.createDirectStream(ssc, { topics: [topic], autoOffsetReset: "earliest" });
  return records.map(({ key, value }) => [key ?? "", value] as const);
}

keyed("payments")
  .leftOuterJoin(keyed("orders").window(minutes(1)))
  .map(([order, [amount, item]]) => `order ${order}: ${amount} paid for ${item ?? "nothing that is known"}`)
  .print();

await ssc.start();
await ssc.awaitTermination();
