import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { KafkaClient } from "../../src/kafka/client/kafka-client.ts";
import { cacheFolder } from "../../src/runtime/cache-folder.ts";
import { mavenJars } from "./maven.ts";
import { endProcess, outputOf, startProcess } from "./processes.ts";

// A real Apache Kafka from Maven Central, one node on loopback.

const sources = fileURLToPath(new URL("./kafka/", import.meta.url));

/** Class path of Kafka and its Java client; downloaded once. */
export async function kafkaLibraries(): Promise<string> {
  return join(await mavenJars("kafka-4.4.0", join(sources, "pom.xml")), "*");
}

/** Runs the Java client's side of a round trip; returns what it prints. */
export async function javaRoundTrip(...args: readonly string[]): Promise<string> {
  const path = await kafkaLibraries();
  const classes = join(cacheFolder(), "round-trip");
  if (!existsSync(join(classes, "RoundTrip.class")))
    await outputOf("javac", ["-d", classes, "-cp", path, join(sources, "RoundTrip.java")]);
  return outputOf("java", [
    "-Xmx128m",
    "-XX:TieredStopAtLevel=1",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
    "-cp",
    `${classes}:${path}`,
    "RoundTrip",
    ...args,
  ]);
}

export interface RealKafka {
  readonly brokers: string;
  stop(): Promise<void>;
}

/** The user that `startSecuredKafka` lets in. */
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
  const kafka = await startRealKafka({ listeners, security: securityProperties(certificate) });
  return { ...kafka, tls: listeners.TLS, sasl: listeners.SASL, saslTls: listeners.SASLTLS };
}

interface RealKafkaOptions {
  /** Give it the memory and compiler that a broker usually has; else it is kept small. */
  readonly forMeasuring?: boolean;
  /** Further listeners, by name. */
  readonly listeners?: Readonly<Record<string, string>>;
  /** Further lines of its configuration. */
  readonly security?: string;
}

export async function startRealKafka(options: RealKafkaOptions = {}): Promise<RealKafka> {
  const { forMeasuring = false, listeners = {}, security = "" } = options;
  const path = await kafkaLibraries();
  const [port, controllerPort] = [await freePort(), await freePort()];
  const dir = mkdtempSync(join(tmpdir(), "dstream-kafka-"));
  const config = join(dir, "server.properties");
  writeFileSync(config, properties(port, controllerPort, join(dir, "data"), listeners) + security);
  const small = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
  const java = [...(forMeasuring ? ["-Xms256m", "-Xmx512m"] : small), "-cp", path];
  const scram = `SCRAM-SHA-256=[name=${securedUser.username},password="${securedUser.password}"]`;
  const format = ["format", "-t", "ZHN0cmVhbS10ZXN0LWthZg", "-c", config, "--add-scram", scram];
  await outputOf("java", [...java, "kafka.tools.StorageTool", ...format]);
  const server = startProcess("java", [...java, "kafka.Kafka", config]);
  process.once("exit", () => rmSync(dir, { recursive: true, force: true }));
  server.stdout?.resume();
  server.stderr?.resume();
  const brokers = `127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    await endProcess(server, "SIGKILL");
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await answers(brokers);
  } catch (error) {
    await stop();
    throw error;
  }
  return { brokers, stop };
}

async function answers(brokers: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const client = new KafkaClient({ brokers: [brokers] });
    try {
      await client.topics();
      return;
    } catch (error) {
      if (attempt > 150) throw error;
      await delay(200);
    } finally {
      await client.close();
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as { port: number };
  await new Promise((closed) => server.close(closed));
  return port;
}

function properties(
  port: number,
  controllerPort: number,
  data: string,
  further: Readonly<Record<string, string>>,
): string {
  const listeners = Object.entries({ PLAINTEXT: `127.0.0.1:${port}`, ...further }).map(
    ([name, at]) => `${name}://${at}`,
  );
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controllerPort}
listeners=${listeners},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=${listeners}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,TLS:SSL,SASL:SASL_PLAINTEXT,SASLTLS:SASL_SSL
controller.listener.names=CONTROLLER
log.dirs=${data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=2097152
`;
}

function securityProperties({ key, cert }: { key: string; cert: string }): string {
  const oneLine = (pem: string): string => pem.trim().replaceAll("\n", "\\n");
  const login = (module: string, more = ""): string =>
    `org.apache.kafka.common.security.${module}LoginModule required${more};`;
  const plain = login("plain.Plain", ` user_${securedUser.username}="${securedUser.password}"`);
  return `ssl.keystore.type=PEM
ssl.keystore.key=${oneLine(key)}
ssl.keystore.certificate.chain=${oneLine(cert)}
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256
${["sasl", "sasltls"]
  .map(
    (listener) => `listener.name.${listener}.plain.sasl.jaas.config=${plain}
listener.name.${listener}.scram-sha-256.sasl.jaas.config=${login("scram.Scram")}
`,
  )
  .join("")}`;
}
