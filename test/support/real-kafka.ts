import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "../../src/runtime/files/cache-folder.ts";
import { makeOnce } from "../../src/runtime/files/make-once.ts";
import { thisMachine } from "../../src/runtime/machine/machine.ts";
import { kafkaLibraries, kafkaToolLibraries } from "./kafka-libraries.ts";
import { type KafkaNodes, startKafkaNodes } from "./kafka-nodes.ts";
import { outputOf } from "./processes.ts";

// A real Apache Kafka from Maven Central, on loopback.

const sources = fileURLToPath(new URL("./kafka/", import.meta.url));

/** Runs one of Kafka's own command-line tools, which lag behind the broker's releases; returns what it prints. */
export async function kafkaTool(className: string, ...args: readonly string[]): Promise<string> {
  const java = ["-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", await kafkaToolLibraries()];
  return outputOf("java", [...java, `org.apache.kafka.tools.${className}`, ...args]);
}

/** Runs a program that uses the Java client; returns what it prints. */
export async function javaClient(
  program: "RoundTrip" | "ClientChecks" | "VersionSweep",
  ...args: readonly string[]
): Promise<string> {
  const path = await kafkaLibraries();
  const source = join(sources, `${program}.java`);
  const version = createHash("sha256").update(readFileSync(source)).digest("hex").slice(0, 12);
  const classes = await makeOnce(thisMachine, join(cacheFolder(), `java-${program}-${version}`), async (aside) => {
    await outputOf("javac", ["-nowarn", "-d", aside, "-cp", path, source]);
  });
  return outputOf("java", [
    "-Xmx128m",
    "-XX:TieredStopAtLevel=1",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
    "-cp",
    `${classes}:${path}`,
    program,
    ...args,
  ]);
}

export interface RealKafka {
  readonly brokers: string;
  stop(): Promise<void>;
}

interface RealKafkaOptions {
  /** Default: the newest. */
  readonly version?: string;
  /** Give it the memory and compiler that a broker usually has; else it is kept small. */
  readonly forMeasuring?: boolean;
  /** Further listeners, by name. */
  readonly listeners?: Readonly<Record<string, string>>;
  /** Further lines of its configuration. */
  readonly security?: string;
  /** Further arguments of the Java machine. */
  readonly java?: readonly string[];
  /** Further arguments of the tool that formats its storage. */
  readonly format?: readonly string[];
}

export function startRealKafka(options: RealKafkaOptions = {}): Promise<RealKafka> {
  const { version, forMeasuring = false, listeners = {}, security = "", java = [], format = [] } = options;
  const memory = forMeasuring ? ["-Xms256m", "-Xmx512m"] : ["-Xmx256m", ...frugal];
  return startKafkaNodes(1, { version, memory: [...memory, ...java], listeners, further: security, format });
}

/** Three brokers, of which one may be missing. A topic has a replica on each. By default of the newest version. */
export function startRealCluster(version?: string): Promise<KafkaNodes> {
  return startKafkaNodes(3, { version, memory: ["-Xmx160m", ...frugal] });
}

const frugal = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
