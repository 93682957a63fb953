// What worker threads load in place of a test: the same graph. The environment names the brokers, which their tasks read from.
import { runningTotals } from "./running-totals.ts";

const brokers = process.env.DSTREAM_BROKERS ?? "";
await runningTotals({ brokers, checkpointDir: "not opened in a worker" }).start();
