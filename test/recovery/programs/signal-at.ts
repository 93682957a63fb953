// Runs batches of the job and gets a signal at a step of the protocol: node signal-at.ts BROKERS CHECKPOINT POINT PASS SIGNAL
import { writeSync } from "node:fs";
import { ManualClock } from "dstream/testing";
import { onCrashPoint } from "../../../src/runtime/crash-points.ts";
import { runningTotals } from "../../support/exactly-once/running-totals.ts";

const [brokers = "", checkpointDir = "", point = "", pass = "1", signal = "SIGKILL"] = process.argv.slice(2);
let passes = 0;
onCrashPoint((reached) => {
  if (reached !== point || ++passes !== Number(pass)) return;
  writeSync(1, `${point}\n`);
  process.kill(process.pid, signal);
});
const clock = new ManualClock();
const ssc = runningTotals({ brokers, checkpointDir, clock, maxRatePerPartition: 10 });
await ssc.start();
await clock.advance(8_000);
await ssc.stop();
await ssc.awaitTermination();
