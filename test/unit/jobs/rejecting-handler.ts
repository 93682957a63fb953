import { deserializers, KafkaUtils, StreamingContext } from "dstream";

const ssc = new StreamingContext({ appName: "rejecting-handler", batchInterval: 100 });
KafkaUtils.createDirectStream(ssc, {
  topics: ["broken"],
  startingOffsets: "earliest",
  valueDeserializer: deserializers.json<number>(),
  async onDeserializationError() {
    await new Promise((resolve) => setTimeout(resolve, 10));
    throw new RangeError("no room for it");
  },
}).foreachRDD(async (rdd) => console.log(await rdd.count()));
await ssc.start();
await ssc.awaitTermination();
