// npm run test:spark:yarn -- [FILE…]: jobs on a Spark that is a YARN application. Installs first; in namespaces of its own.
import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { fromSources } from "../from-sources.ts";
import { sparkInstallation } from "../spark/spark-installation.ts";
import { yarnJars } from "./start-yarn.ts";
import { yarnNamespace } from "./yarn-namespace.ts";

const given = process.argv.slice(2);
const files = given.length > 0 ? given : globSync("test/spark-yarn/**/*.test.ts").sort();

try {
  await Promise.all([sparkInstallation(), yarnJars()]);
} catch (error) {
  console.error((error as Error).message);
  process.exit(2);
}
const flags = [fromSources, "--test", "--test-timeout=300000", "--test-concurrency=1", "--test-reporter=spec"];
const [command, ...args] = yarnNamespace([process.execPath, ...flags, ...files]);
const child = spawn(command as string, args, { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => child.kill(signal));
child.once("error", ({ message }) => {
  console.error(`YARN is tested in namespaces of its own, which takes unshare and the right to make them: ${message}`);
  process.exitCode = 2;
});
child.once("exit", (code) => {
  process.exitCode = code ?? 1;
});
