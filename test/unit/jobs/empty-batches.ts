import { StreamingContext } from "dstream";

const ssc = new StreamingContext({ appName: "empty-batches", batchInterval: 50 });
ssc.queueStream<string>([]).foreachRDD(() => console.log("batch"));
await ssc.start();
await ssc.awaitTermination();
