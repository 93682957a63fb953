// The running counts of the peers kit (W2): running-counts.ts BROKERS TOPIC OUT_TOPIC CHECKPOINT_DIR [INTERVAL_MS (10)]. Counts
// the records of each value, and writes the count of each that had some, exactly-once, until SIGTERM.
import { KafkaUtils, milliseconds, type State, StateSpec, StreamingContext } from "dstream";

const [brokers = "", topic = "", outTopic = "", checkpointDir = "", intervalMs = "10"] = process.argv.slice(2);
const ssc = new StreamingContext({
  appName: "running-counts",
  batchInterval: milliseconds(Number(intervalMs)),
  checkpointDir,
  master: "local",
});

KafkaUtils.createDirectStream(ssc, { brokers: brokers.split(","), topics: [topic], startingOffsets: "earliest" })
  .map(({ value }) => [value, 1] as const)
  .reduceByKey((a, b) => a + b)
  .mapWithState(
    StateSpec.function((word: string, count: number | undefined, state: State<number>) => {
      const total = (state.getOption() ?? 0) + (count ?? 0);
      state.update(total);
      return [word, String(total)] as const;
    }),
  )
  .saveToKafka({ topic: outTopic });

await ssc.start();
await ssc.awaitTermination();
