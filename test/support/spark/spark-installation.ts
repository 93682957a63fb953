import { existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "../../../src/runtime/files/cache-folder.ts";
import { makeOnce } from "../../../src/runtime/files/make-once.ts";
import { thisMachine } from "../../../src/runtime/machine/machine.ts";
import { mavenJars } from "../maven.ts";
import { outputOf } from "../processes.ts";
import { type SparkRelease, sparkReleaseOf, testedSpark } from "./spark-releases.ts";

/** The package is 450 MB. */
const installTimeoutMs = 20 * 60_000;
const poms = fileURLToPath(new URL("./", import.meta.url));

export interface SparkInstallation {
  /** The folder with Spark's `bin` and `jars`. */
  readonly home: string;
  /** The Kafka connector's jars, for `--jars`; none where it cannot be had. */
  readonly connectorJars: readonly string[];
  /** The Connect server's jars, where Spark does not bring them. */
  readonly connectJars: readonly string[];
}

/**
 * A release of Spark with its Connect server and its Kafka connector, from the Python package and Maven; all is installed into the
 * cache folder once. `version` is one of `sparkReleases`. Needs Java 17, Maven and Python 3 with venv.
 */
export async function sparkInstallation(version: string = testedSpark()): Promise<SparkInstallation> {
  const release = sparkReleaseOf(version);
  const venv = join(cacheFolder(), `spark-venv-${release.version}`);
  await makeOnce(thisMachine, venv, async (aside) => {
    await outputOf("python3", ["-m", "venv", aside]);
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-cache-dir"];
    await outputOf(join(aside, "bin/python"), [...pip, `pyspark==${release.version}`], { timeoutMs: installTimeoutMs });
  });
  const [home] = globSync(join(venv, "lib/python3*/site-packages/pyspark"));
  if (home === undefined || !existsSync(join(home, "jars")))
    throw new Error(`${venv} is not a whole installation of Spark; remove the folder and start again`);
  return {
    home,
    connectorJars: release.kafka === undefined ? [] : await jarsOf("kafka", release),
    connectJars: release.hasConnectApart === true ? await jarsOf("connect", release) : [],
  };
}

async function jarsOf(part: "kafka" | "connect", release: SparkRelease): Promise<string[]> {
  const settings = {
    "spark.version": release.version,
    "scala.version": release.scala,
    "token.provider.version": release.kafka?.tokenProvider ?? "",
    "kafka.clients.version": release.kafka?.clients ?? "",
  };
  const flags = Object.entries(settings).map(([name, value]) => `-D${name}=${value}`);
  const folder = `spark-${part}-${release.version}`;
  const jars = await mavenJars(folder, join(poms, `${part}-pom.xml`), ...flags);
  return globSync(join(jars, "*.jar"));
}
