// State with a checkpoint: the balance of every account, from the topic "payments" (key: the account, value: an amount). However the job
// ends, it goes on with its balances and with the first payment that they lack.
// Run: npm run dstream -- run examples/totals.ts
import { KafkaUtils, StreamingContext, seconds } from "dstream";

const ssc = new StreamingContext({
  appName: "totals",
  batchInterval: seconds(1),
  checkpointDir: "./totals-checkpoint",
});

const payments = KafkaUtils.createDirectStream(ssc, { topics: ["payments"], autoOffsetReset: "earliest" }).map(
  ({ key, value }) => [key ?? "nobody", Number(value)] as const,
);

// The name is what finds the state again when the program has changed around it.
payments
  .updateStateByKey((amounts, balance = 0) => amounts.reduce((a, b) => a + b, balance), { name: "balances" })
  .print();

await ssc.start();
await ssc.awaitTermination();
