// One life of a job that writes by partition: node writes-life.ts OPTIONS BATCHES kill|stop CLOCK
import { ManualClock } from "dstream/testing";
import { type JobRuntime, runtimeKey } from "../../../src/runtime/job-runtime.ts";
import { type WritesOptions, writesByPartition } from "../../unit/jobs/writes-by-partition.ts";

const [options = "{}", batches = "1", end, startsAt = "0"] = process.argv.slice(2);
let passes = 0;
const crashPoint: JobRuntime["crashPoint"] = (point) => {
  if (end === "kill" && point === "after-manifest" && ++passes === Number(batches))
    process.kill(process.pid, "SIGKILL");
};
const clock = new ManualClock(Number(startsAt));
const ssc = writesByPartition({ ...(JSON.parse(options) as WritesOptions), clock, [runtimeKey]: { crashPoint } });
await ssc.start();
await clock.advance(Number(batches) * 1_000);
await ssc.stop();
