import { milliseconds, StreamingContext } from "dstream";

// Announces each batch when it begins and when it has ended, so that a test can send a signal in between.
const ssc = new StreamingContext({ appName: "counts-slowly", batchInterval: milliseconds(100) });
ssc.queueStream([["a"]]).foreachRDD(async (_rdd, time) => {
  console.log(`began ${time}`);
  await new Promise((resolve) => setTimeout(resolve, 300));
  console.log(`ended ${time}`);
});
await ssc.start();
await ssc.awaitTermination();
console.log("terminated");
