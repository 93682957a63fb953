// npm run spark:up -- --mode local|local-cluster|standalone [--port N]: a Spark on loopback that runs until spark:down.
import { parseArgs } from "node:util";
import { noteSpark, runningSpark } from "./running-spark.ts";
import { sparkModes } from "./spark-mode.ts";
import { startSpark } from "./start-spark.ts";

function fail(message: string, code: number): never {
  console.error(message);
  process.exit(code);
}

const { values } = parseArgs({
  options: { mode: { type: "string", default: "local" }, port: { type: "string", default: "15002" } },
});
const mode = sparkModes.find((known) => known === values.mode);
if (mode === undefined) fail(`--mode is ${sparkModes.join(", ")}, not "${values.mode}"`, 2);
const port = Number(values.port);
if (!Number.isInteger(port) || port < 0 || port > 65_535) fail(`--port is 0 to 65535, not "${values.port}"`, 2);
const running = await runningSpark();
if (running !== undefined) fail(`Spark runs already: ${running.mode}, ${running.url}; npm run spark:down stops it`, 1);
console.error(`starting Spark in mode ${mode}; the first time it is installed, which takes minutes`);
const spark = await startSpark({ mode, port }).catch((error: Error) => fail(error.message, 1));
await noteSpark(mode, spark);
spark.detach();
console.error(`log: ${spark.logFile}; npm run spark:down stops it`);
console.log(spark.url);
