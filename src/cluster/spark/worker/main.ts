import { runWorkerProgram } from "./worker-program.ts";

// The entry of the process that Spark starts on executors.
await runWorkerProgram(process.argv.slice(2), async () => {
  const { StageHost } = await import("../host/stage-host.ts");
  return new StageHost();
});
