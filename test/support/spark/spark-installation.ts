import { existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "../../../src/runtime/cache-folder.ts";
import { makeOnce } from "../../../src/runtime/make-once.ts";
import { mavenJars } from "../maven.ts";
import { outputOf } from "../processes.ts";

const version = "4.2.0";
/** The package is 450 MB. */
const installTimeoutMs = 20 * 60_000;
const pom = fileURLToPath(new URL("./pom.xml", import.meta.url));

export interface SparkInstallation {
  /** The folder with Spark's `bin` and `jars`. */
  readonly home: string;
  /** The Kafka connector's jars, for `--jars`. */
  readonly connectorJars: readonly string[];
}

/**
 * The pinned Spark with its Connect server, which the Python package brings whole, and its Kafka connector from Maven; both
 * are installed into the cache folder once. Needs Java 17, Maven and Python 3 with venv.
 */
export async function sparkInstallation(): Promise<SparkInstallation> {
  const venv = join(cacheFolder(), `spark-venv-${version}`);
  await makeOnce(venv, async (aside) => {
    await outputOf("python3", ["-m", "venv", aside]);
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-cache-dir"];
    await outputOf(join(aside, "bin/python"), [...pip, `pyspark==${version}`], { timeoutMs: installTimeoutMs });
  });
  const [home] = globSync(join(venv, "lib/python3*/site-packages/pyspark"));
  if (home === undefined || !existsSync(join(home, "jars")))
    throw new Error(`${venv} is not a whole installation of Spark; remove the folder and start again`);
  const jars = await mavenJars(`spark-kafka-${version}`, pom, "-DexcludeTransitive=true");
  return { home, connectorJars: globSync(join(jars, "*.jar")) };
}
