// Runs batches of the job and dies at a step of the protocol: node die-at.ts BROKERS CHECKPOINT POINT PASS
import { ManualClock } from "dstream/testing";
import { onCrashPoint } from "../../../src/runtime/crash-points.ts";
import { runningTotals } from "../../support/exactly-once/running-totals.ts";

const [brokers = "", checkpointDir = "", point = "", pass = "1"] = process.argv.slice(2);
let passes = 0;
onCrashPoint((reached) => {
  if (reached === point && ++passes === Number(pass)) process.kill(process.pid, "SIGKILL");
});
const clock = new ManualClock();
const ssc = runningTotals({ brokers, checkpointDir, clock, maxRatePerPartition: 10 });
await ssc.start();
await clock.advance(8_000);
await ssc.stop();
