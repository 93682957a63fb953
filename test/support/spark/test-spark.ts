// npm run test:spark -- [--spark V | --all] [FILE…]: the tests on a real Spark, or on one version after the other. Installs first.
import { type ChildProcess, spawn } from "node:child_process";
import { globSync } from "node:fs";
import { parseArgs } from "node:util";
import { fromSources } from "../from-sources.ts";
import { kafkaLibraries } from "../kafka-libraries.ts";
import { isolated } from "./isolated.ts";
import { sparkInstallation } from "./spark-installation.ts";
import { defaultSpark, sparkReleaseOf, wholeReleases } from "./spark-releases.ts";

interface Totals {
  readonly version: string;
  readonly tests: number;
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number;
}

const { values, positionals } = parseArgs({
  options: { spark: { type: "string" }, all: { type: "boolean", default: false } },
  allowPositionals: true,
});
const versions = values.all ? wholeReleases : [values.spark ?? process.env.DSTREAM_SPARK ?? defaultSpark];
const files = positionals.length > 0 ? positionals : globSync("test/spark/**/*.test.ts").sort();

try {
  for (const version of versions) await sparkInstallation(version);
  // Where a release is isolated nothing can be downloaded.
  await kafkaLibraries();
} catch (error) {
  console.error((error as Error).message);
  process.exit(2);
}
const results: Totals[] = [];
for (const version of versions) results.push(await run(version));
if (values.all) printTable(results);
process.exitCode = results.every(({ tests, passed }) => tests > 0 && tests === passed) ? 0 : 1;

async function run(version: string): Promise<Totals> {
  const flags = [fromSources, "--test", "--test-timeout=300000", "--test-concurrency=1", "--test-reporter=spec"];
  const [command, ...args] = isolated(sparkReleaseOf(version), [process.execPath, ...flags, ...files]);
  const started = performance.now();
  const child = spawn(command as string, args, {
    env: { ...process.env, DSTREAM_SPARK: version },
    stdio: ["ignore", "pipe", "inherit"],
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => child.kill(signal));
  const text = await shown(child);
  const count = (what: string): number => Number(new RegExp(`^ℹ ${what} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
  return {
    ...{ version, tests: count("tests"), passed: count("pass") + count("skipped"), failed: count("fail") },
    seconds: Math.round((performance.now() - started) / 1_000),
  };
}

/** What the tests print, which is shown as it comes. */
async function shown({ stdout }: ChildProcess): Promise<string> {
  let text = "";
  for await (const chunk of stdout?.setEncoding("utf8") ?? []) {
    process.stdout.write(chunk as string);
    text += chunk as string;
  }
  return text;
}

function printTable(totals: readonly Totals[]): void {
  console.log("\n| Spark | release | tests | passed | failed | seconds |\n| --- | --- | --- | --- | --- | --- |");
  for (const { version, tests, passed, failed, seconds } of totals)
    console.log(`| ${version} | ${sparkReleaseOf(version).version} | ${tests} | ${passed} | ${failed} | ${seconds} |`);
}
