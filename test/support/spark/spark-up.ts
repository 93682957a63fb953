// npm run spark:up -- [--spark V] [--mode local|local-cluster|standalone] [--port N]: a Spark on loopback that runs until spark:down.
import { parseArgs } from "node:util";
import { enterCommand, goOnIsolated, isIsolated } from "./isolated.ts";
import { noteSpark, runningSpark } from "./running-spark.ts";
import { sparkInstallation } from "./spark-installation.ts";
import { sparkModes } from "./spark-mode.ts";
import { defaultSpark, type SparkRelease, sparkReleaseOf } from "./spark-releases.ts";
import { startSpark } from "./start-spark.ts";

function fail(message: string, code: number): never {
  console.error(message);
  process.exit(code);
}

function releaseOf(version: string): SparkRelease {
  try {
    return sparkReleaseOf(version);
  } catch (error) {
    fail(`--spark: ${(error as Error).message}`, 2);
  }
}

function given(): { spark: string; mode: string; port: string } {
  try {
    const options = {
      spark: { type: "string", default: defaultSpark },
      mode: { type: "string", default: "local" },
      port: { type: "string", default: "15002" },
    } as const;
    return parseArgs({ options }).values;
  } catch (error) {
    fail((error as Error).message, 2);
  }
}

const values = given();
const version = values.spark;
const release = releaseOf(version);
const mode = sparkModes.find((known) => known === values.mode);
if (mode === undefined) fail(`--mode is ${sparkModes.join(", ")}, not "${values.mode}"`, 2);
const port = Number(values.port);
if (!/^\d+$/.test(values.port) || port > 65_535) fail(`--port is 0 to 65535, not "${values.port}"`, 2);
const running = await runningSpark();
if (running !== undefined) fail(`Spark runs already: ${running.mode}, ${running.url}; npm run spark:down stops it`, 1);
const isAgain = release.listensEverywhere === true && isIsolated();
if (!isAgain) {
  console.error(
    `starting Spark ${release.version} in mode ${mode}; the first time it is installed, which takes minutes`,
  );
}
await sparkInstallation(version).catch((error: Error) => fail(error.message, 1));
await goOnIsolated(release);
const spark = await startSpark({ mode, port, version }).catch((error: Error) => fail(error.message, 1));
await noteSpark(mode, spark);
spark.detach();
console.error(`log: ${spark.logFile}; npm run spark:down stops it`);
if (release.listensEverywhere === true) {
  console.error(
    `Spark ${version} listens on all addresses, so it runs in a network namespace of its own, with a loopback device only.`,
  );
  console.error(`What talks to it, Kafka too, runs there: ${enterCommand(spark.pid).join(" ")} COMMAND`);
}
console.log(spark.url);
