// What workers load in place of a test: the same graph. Worker threads read from the brokers that the environment names; on Spark, Spark reads.
import { runningTotals } from "./running-totals.ts";

const brokers = process.env.DSTREAM_BROKERS ?? "localhost:9092";
await runningTotals({ brokers, checkpointDir: "not opened in a worker" }).start();
