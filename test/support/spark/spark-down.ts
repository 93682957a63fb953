// npm run spark:down: stops what spark:up started.
import { endSpark, runningSpark } from "./running-spark.ts";

const spark = await runningSpark();
if (spark === undefined) {
  console.log("no Spark runs that spark:up started");
} else {
  await endSpark(spark);
  console.log(`stopped Spark: ${spark.mode}, ${spark.url}`);
}
