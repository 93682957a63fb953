import { StreamingContext, seconds } from "dstream";

const ssc = new StreamingContext({ appName: "throws", batchInterval: seconds(1) });
ssc
  .queueStream([["a", "b"]])
  .map((letter): string => {
    if (letter === "b") throw new TypeError("no b please");
    return letter;
  })
  .foreachRDD(() => {});
await ssc.start();
await ssc.awaitTermination();
