import { StreamingContext } from "dstream";

// dstream run: a job with state that fails when it is told to.

const ssc = new StreamingContext({ appName: "steady", batchInterval: 100, master: "local" });
ssc
  .queueStream(Array.from({ length: 10_000 }, (_, i) => [i]))
  .map((n) => {
    if (n === Number(process.env.DSTREAM_TEST_FAILS_AT)) throw new Error(`no ${n}`);
    return [n % 5, 1] as const;
  })
  .reduceByKey((a, b) => a + b)
  .name("counts")
  .foreachRDD(() => {});
await ssc.start();
await ssc.awaitTermination();
