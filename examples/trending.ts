// A window: the words of the topic "test" that came most often in the last minute, every two seconds. With the inverse function a step
// costs what enters and leaves the window, not what is in it.
// Run: npm run dstream -- run examples/trending.ts --checkpoint ./trending-checkpoint
import { KafkaUtils, minutes, type Pair, StreamingContext, seconds } from "dstream";

const ssc = new StreamingContext({ appName: "trending", batchInterval: seconds(1) });

const words = KafkaUtils.createDirectStream(ssc, { topics: ["test"], autoOffsetReset: "earliest" }).flatMap(
  ({ value }) => value.split(" "),
);

const counts = words
  .map((word) => [word, 1] as const)
  .reduceByKeyAndWindow((a, b) => a + b, minutes(1), seconds(2), {
    inverse: (a, b) => a - b,
    filter: ([, count]) => count > 0,
  });

/** The more frequent word is the greater one; of equally frequent ones the first in the alphabet. */
const byCount = ([a, countOfA]: Pair<string, number>, [b, countOfB]: Pair<string, number>): number =>
  countOfA - countOfB || (a < b ? 1 : -1);

counts.foreachRDD(async (rdd) => {
  const top = await rdd.top(3, byCount);
  console.log(`top of the last minute: ${top.map(([word, count]) => `${word} ${count}`).join(", ")}`);
});

await ssc.start();
await ssc.awaitTermination();
