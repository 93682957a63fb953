// The job of the soak, which is killed again and again: node soak-job.ts OPTIONS, as JSON.
import { type RunningTotalsOptions, runningTotals } from "../support/exactly-once/running-totals.ts";

const ssc = runningTotals(JSON.parse(process.argv[2] ?? "{}") as RunningTotalsOptions);
await ssc.start();
await ssc.awaitTermination();
