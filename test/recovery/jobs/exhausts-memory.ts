import { milliseconds, StreamingContext } from "dstream";

// The first attempt at a batch takes more memory than its thread may have.
const ssc = new StreamingContext({ appName: "exhausts-memory", batchInterval: milliseconds(100) });
ssc
  .queueStream([["a"]], { numPartitions: 1 })
  .mapPartitions((rows, { attempt }) => {
    const hoard: string[][] = [];
    while (attempt === 0) hoard.push(Array.from({ length: 100_000 }, (_, i) => `${hoard.length} ${i}`));
    return rows;
  })
  .foreachRDD(async (rdd) => {
    console.log(await rdd.collect());
    void ssc.stop();
  });
await ssc.start();
await ssc.awaitTermination();
