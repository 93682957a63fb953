// What workers load in place of a test: the same graph. Worker threads read from the brokers that the environment names; on Spark, Spark reads.
import { everyState } from "./every-state.ts";

const brokers = process.env.DSTREAM_BROKERS ?? "localhost:9092";
await everyState({ brokers, checkpointDir: "not opened in a worker" }).start();
