// node endless-job.ts MASTER: prints the number of each batch, until it is stopped.
import { StreamingContext } from "dstream";

const ssc = new StreamingContext({ appName: "endless", batchInterval: 1_000, master: process.argv[2] as string });
ssc
  .queueStream([[1, 2]], { default: [1, 2], numPartitions: 2 })
  .foreachRDD(async (rdd, time) => console.log(time, await rdd.count()));
await ssc.start();
await ssc.awaitTermination();
