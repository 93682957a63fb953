import { version } from "../../../version.ts";
import { runChild } from "./daemon/child.ts";
import { childArgument, runDaemon } from "./daemon/daemon.ts";
import { runSingleWorker } from "./daemon/single-worker.ts";
import { readWorkerEnvironment } from "./daemon/worker-environment.ts";
import type { FunctionHost } from "./function-host.ts";

/** The program that Spark starts as if it were Python: `<program> -m pyspark.daemon pyspark.worker`. */
export async function runWorkerProgram(args: readonly string[], loadHost: () => Promise<FunctionHost>): Promise<void> {
  const environment = readWorkerEnvironment(process.env);
  const [first, second] = args;
  if (first === childArgument) runChild(environment, loadHost);
  else if (first === "--self-check") console.log(JSON.stringify(selfCheck()));
  else if (first === "-m" && second === "pyspark.daemon") await runDaemon(environment);
  else if (first === "-m" && second === "pyspark.worker") await runSingleWorker(environment, loadHost);
  else {
    process.stderr.write(`dstream's Spark worker does not stand in for python ${args.join(" ")}\n`);
    process.exitCode = 2;
  }
}

/** What an archive for another platform can be recognised by. */
function selfCheck(): { readonly dstream: string; readonly node: string; readonly platform: string } {
  return { dstream: version, node: process.version, platform: `${process.platform}-${process.arch}` };
}
