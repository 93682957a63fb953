// Runs batches of the job and gets a signal at a step of the protocol: node signal-at.ts BROKERS CHECKPOINT POINT PASS SIGNAL
import { writeSync } from "node:fs";
import { ManualClock } from "dstream/testing";
import { type JobRuntime, runtimeKey } from "../../../src/runtime/job-runtime.ts";
import { runningTotals } from "../../support/exactly-once/running-totals.ts";

const [brokers = "", checkpointDir = "", point = "", pass = "1", signal = "SIGKILL"] = process.argv.slice(2);
let passes = 0;
const crashPoint: JobRuntime["crashPoint"] = (reached) => {
  if (reached !== point || ++passes !== Number(pass)) return;
  writeSync(1, `${point}\n`);
  process.kill(process.pid, signal);
};
const clock = new ManualClock();
const options = { brokers, checkpointDir, clock, maxRatePerPartition: 10 };
const ssc = runningTotals({ ...options, [runtimeKey]: { crashPoint } });
await ssc.start();
await clock.advance(8_000);
await ssc.stop();
await ssc.awaitTermination();
