// Loaded in front of a job: kills the process when its first batch with rows has run and is not committed yet.
import { onCrashPoint } from "../../../src/runtime/crash-points.ts";

onCrashPoint((point) => {
  if (point === "after-manifest") process.kill(process.pid, "SIGKILL");
});
