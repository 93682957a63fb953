import { milliseconds, StreamingContext } from "dstream";

// An output that waits for something that never comes.
const ssc = new StreamingContext({
  appName: "never-resolves",
  batchInterval: milliseconds(100),
  gracefulStopTimeout: milliseconds(100),
});
ssc.queueStream([["a"]]).foreachRDD(() => {
  console.log("waiting");
  return new Promise<void>(() => {});
});
await ssc.start();
await ssc.awaitTermination();
console.log("terminated");
