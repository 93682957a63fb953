// transform: every order of the topic "orders" gets the price of its item from a list that the job has, in a join of RDDs. The rate of
// the tax is a broadcast, which the driver may change while the job runs; an accumulator counts what the list lacks.
// Run: npm run dstream -- run examples/enrich.ts
import { KafkaUtils, StreamingContext, seconds } from "dstream";

const ssc = new StreamingContext({ appName: "enrich", batchInterval: seconds(1) });

const prices = ssc.parallelize([["tea", 300] as const, ["milk", 120] as const]);
const taxPercent = ssc.broadcast(() => 10);
const unknown = ssc.accumulator(0, { name: "unknown" });

const orders = KafkaUtils.createDirectStream(ssc, { topics: ["orders"], autoOffsetReset: "earliest" }).map(
  ({ value }) => [value, 1] as const,
);

orders
  .transform((rdd) => rdd.leftOuterJoin(prices))
  .flatMap(([item, [count, cents]]) => {
    if (cents !== undefined) return [[item, (count * cents * (100 + taxPercent.value)) / 100] as const];
    unknown.add(count);
    return [];
  })
  .reduceByKey((a, b) => a + b)
  .foreachRDD(async (rdd) => {
    for (const [item, cents] of await rdd.sortByKey().collect()) console.log(`${item} for ${cents} cents`);
    console.log(`${unknown.value} orders of unknown items so far`);
  });

await ssc.start();
await ssc.awaitTermination();
