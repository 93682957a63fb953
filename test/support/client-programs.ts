import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "../../src/runtime/files/cache-folder.ts";
import { makeOnce } from "../../src/runtime/files/make-once.ts";
import { thisMachine } from "../../src/runtime/machine/machine.ts";
import { mavenJars } from "./maven.ts";
import { outputOf } from "./processes.ts";

// Programs that use other languages' Kafka clients, as their package managers install them. What is installed and built is kept in the
// cache folder, by what it is made of. Needs Go, Python 3 with venv, Java and Maven.

const folder = fileURLToPath(new URL("../integration/clients/", import.meta.url));
const installMs = 600_000;

/** A name for what is made of these files. */
function cached(name: string, ...paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of paths) hash.update(readFileSync(join(folder, path)));
  return join(cacheFolder(), `${name}-${hash.digest("hex").slice(0, 12)}`);
}

const inGo = { timeoutMs: installMs, env: { GOFLAGS: "-mod=readonly", GOWORK: "off" } };

/** franz-go: the program of test/integration/clients/go. Returns what it prints. */
export async function goClient(brokers: string, prefix: string): Promise<string> {
  const files = readdirSync(join(folder, "go")).map((name) => `go/${name}`);
  const program = await makeOnce(thisMachine, cached("client-go", ...files), async (aside) => {
    await outputOf("go", ["-C", join(folder, "go"), "build", "-o", aside, "."], inGo);
  });
  return outputOf(program, [brokers, prefix]);
}

/** franz-go's own tests, which its published module contains. Returns what they print. */
export async function franzGoTests(brokers: string, pattern: string, records: number): Promise<string> {
  const tests = await makeOnce(thisMachine, cached("franz-go-tests", "go/go.mod", "go/go.sum"), async (aside) => {
    const module = "github.com/twmb/franz-go/pkg/kgo";
    await outputOf("go", ["-C", join(folder, "go"), "test", "-c", "-o", aside, module], inGo);
  });
  const env = { KGO_SEEDS: brokers, KGO_TEST_RECORDS: String(records), KGO_TEST_RF: "1" };
  return outputOf(tests, ["-test.v", "-test.run", pattern, "-test.timeout", "100s"], { env });
}

/** A client from PyPI: the program of test/integration/clients/python. Returns what it prints. */
export async function pythonClient(client: string, brokers: string, prefix: string): Promise<string> {
  const venv = await makeOnce(thisMachine, cached("client-python", "python/requirements.txt"), async (aside) => {
    await outputOf("python3", ["-m", "venv", aside]);
    const install = ["-m", "pip", "install", "-q", "--no-deps", "-r", join(folder, "python/requirements.txt")];
    await outputOf(join(aside, "bin/python"), install, { timeoutMs: installMs });
  });
  return outputOf(join(venv, "bin/python"), [join(folder, "python/checks.py"), client, brokers, prefix]);
}

/** Kafka Streams: the program of test/integration/clients/java. Returns what it prints. */
export async function streamsClient(brokers: string, prefix: string): Promise<string> {
  const path = join(
    await mavenJars(basename(cached("kafka-streams", "java/pom.xml")), join(folder, "java/pom.xml")),
    "*",
  );
  const source = join(folder, "java/StreamsChecks.java");
  const classes = await makeOnce(
    thisMachine,
    cached("client-java", "java/pom.xml", "java/StreamsChecks.java"),
    async (aside) => {
      await outputOf("javac", ["-nowarn", "-d", aside, "-cp", path, source]);
    },
  );
  const options = ["-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp", `${classes}:${path}`];
  return outputOf("java", [...options, "StreamsChecks", brokers, prefix]);
}
