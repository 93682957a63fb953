import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "../../src/runtime/cache-folder.ts";
import { makeOnce } from "../../src/runtime/make-once.ts";
import { freePort } from "./free-port.ts";
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
  const classes = await makeOnce(join(cacheFolder(), `java-${program}-${version}`), async (aside) => {
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

/** The user that `startSecuredKafka` lets in; without rules for a resource it may do everything. */
export const securedUser = { username: "alice", password: "alice's secret" } as const;

/** Addresses of listeners of the same broker. */
export interface SecuredKafka extends RealKafka {
  readonly tls: string;
  readonly sasl: string;
  readonly saslTls: string;
}

/** A real Kafka with listeners that ask for TLS with this certificate, for SASL (PLAIN, SCRAM-SHA-256), and for both. */
export async function startSecuredKafka(certificate: { key: string; cert: string }): Promise<SecuredKafka> {
  const [tls, sasl, saslTls] = [await freePort(), await freePort(), await freePort()].map(
    (port) => `127.0.0.1:${port}`,
  );
  const listeners = { TLS: `${tls}`, SASL: `${sasl}`, SASLTLS: `${saslTls}` };
  const kafka = await startRealKafka({ listeners, further: securityProperties(certificate) });
  return { ...kafka, tls: listeners.TLS, sasl: listeners.SASL, saslTls: listeners.SASLTLS };
}

interface RealKafkaOptions {
  /** Default: the newest. */
  readonly version?: string;
  /** Give it the memory and compiler that a broker usually has; else it is kept small. */
  readonly forMeasuring?: boolean;
  /** Further listeners, by name. */
  readonly listeners?: Readonly<Record<string, string>>;
  /** Further lines of its configuration. */
  readonly further?: string;
}

export function startRealKafka(options: RealKafkaOptions = {}): Promise<RealKafka> {
  const { version, forMeasuring = false, listeners = {}, further = "" } = options;
  const memory = forMeasuring ? ["-Xms256m", "-Xmx512m"] : ["-Xmx256m", ...frugal];
  const scram = `SCRAM-SHA-256=[name=${securedUser.username},password="${securedUser.password}"]`;
  return startKafkaNodes(1, { version, memory, listeners, further, format: ["--add-scram", scram] });
}

/** Three brokers, of which one may be missing. A topic has a replica on each. By default of the newest version. */
export function startRealCluster(version?: string): Promise<KafkaNodes> {
  return startKafkaNodes(3, { version, memory: ["-Xmx160m", ...frugal] });
}

const frugal = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];

function securityProperties({ key, cert }: { key: string; cert: string }): string {
  const oneLine = (pem: string): string => pem.trim().replaceAll("\n", "\\n");
  const login = (module: string, more = ""): string =>
    `org.apache.kafka.common.security.${module}LoginModule required${more};`;
  const plain = login("plain.Plain", ` user_${securedUser.username}="${securedUser.password}"`);
  return `ssl.keystore.type=PEM
ssl.keystore.key=${oneLine(key)}
ssl.keystore.certificate.chain=${oneLine(cert)}
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=true
super.users=User:ANONYMOUS
${["sasl", "sasltls"]
  .map(
    (listener) => `listener.name.${listener}.plain.sasl.jaas.config=${plain}
listener.name.${listener}.scram-sha-256.sasl.jaas.config=${login("scram.Scram")}
`,
  )
  .join("")}`;
}
