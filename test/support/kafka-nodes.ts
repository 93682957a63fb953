import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { KafkaClient } from "../../src/kafka/client/kafka-client.ts";
import { thisMachine } from "../../src/runtime/machine/machine.ts";
import { freePort } from "./free-port.ts";
import { kafkaLibraries } from "./kafka-libraries.ts";
import { endProcess, outputOf, startProcess } from "./processes.ts";

export interface KafkaNodes {
  /** "host:port" of each, with commas. */
  readonly brokers: string;
  /** Ends a node, by default without a chance to hand over what it leads; they are numbered from 1. */
  kill(nodeId: number, signal?: "SIGKILL" | "SIGTERM"): Promise<void>;
  /** Starts a node that was ended, on its data. Resolves when it answers. */
  restart(nodeId: number): Promise<void>;
  stop(): Promise<void>;
}

interface NodeOptions {
  /** Of Kafka; default: the newest. */
  readonly version?: string | undefined;
  /** Of the Java machine. */
  readonly memory: readonly string[];
  /** Further listeners, by name; for one node only. */
  readonly listeners?: Readonly<Record<string, string>>;
  /** Further lines of the configuration. */
  readonly further?: string;
  /** Further arguments of the tool that formats a node's storage. */
  readonly format?: readonly string[];
}

/** Of all the listeners that tests give a name. */
const securityProtocols =
  "TLS:SSL,MUTUAL:SSL,SASL:SASL_PLAINTEXT,SASLTLS:SASL_SSL,SHORT:SASL_PLAINTEXT,OAUTH:SASL_PLAINTEXT";

interface Ports {
  readonly broker: number;
  readonly controller: number;
}

/** Nodes that are brokers and controllers alike. */
export async function startKafkaNodes(size: number, options: NodeOptions): Promise<KafkaNodes> {
  const java = [...options.memory, "-cp", await kafkaLibraries(options.version)];
  const ports: Ports[] = [];
  while (ports.length < size) ports.push({ broker: await freePort(), controller: await freePort() });
  const dir = mkdtempSync(join(tmpdir(), "dstream-kafka-"));
  process.once("exit", () => rmSync(dir, { recursive: true, force: true }));
  const configOf = (nodeId: number): string => join(dir, `server-${nodeId}.properties`);
  const start = (nodeId: number): ChildProcess => {
    const node = startProcess("java", [...java, "kafka.Kafka", configOf(nodeId)]);
    node.stdout?.resume();
    node.stderr?.resume();
    return node;
  };
  const nodes = await Promise.all(
    ports.map(async (_, index) => {
      const [nodeId, config] = [index + 1, configOf(index + 1)];
      writeFileSync(config, properties(nodeId, ports, join(dir, `data-${nodeId}`), options));
      const format = ["format", "-t", "ZHN0cmVhbS10ZXN0LWthZg", "-c", config, ...(options.format ?? [])];
      await outputOf("java", [...java, "kafka.tools.StorageTool", ...format]);
      return start(nodeId);
    }),
  );
  const addresses = ports.map(({ broker }) => `127.0.0.1:${broker}`);
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => endProcess(node, "SIGKILL")));
    rmSync(dir, { recursive: true, force: true });
  };
  const kill = (nodeId: number, signal: NodeJS.Signals = "SIGKILL"): Promise<void> =>
    endProcess(nodes[nodeId - 1] as ChildProcess, signal);
  const restart = async (nodeId: number): Promise<void> => {
    nodes[nodeId - 1] = start(nodeId);
    await answers(addresses[nodeId - 1] as string);
  };
  try {
    await Promise.all(addresses.map(answers));
  } catch (error) {
    await stop();
    throw error;
  }
  return { brokers: addresses.join(","), kill, restart, stop };
}

async function answers(brokers: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const client = new KafkaClient({ brokers: [brokers] }, thisMachine);
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

function properties(id: number, ports: readonly Ports[], data: string, options: NodeOptions): string {
  const { broker, controller } = ports[id - 1] as Ports;
  const listeners = Object.entries({ PLAINTEXT: `127.0.0.1:${broker}`, ...options.listeners })
    .map(([name, at]) => `${name}://${at}`)
    .join(",");
  const replicas = ports.length;
  const inSync = Math.max(1, replicas - 1);
  return `process.roles=broker,controller
node.id=${id}
controller.quorum.voters=${ports.map((other, index) => `${index + 1}@127.0.0.1:${other.controller}`).join(",")}
listeners=${listeners},CONTROLLER://127.0.0.1:${controller}
advertised.listeners=${listeners}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,${securityProtocols}
controller.listener.names=CONTROLLER
log.dirs=${data}
auto.create.topics.enable=false
default.replication.factor=${replicas}
min.insync.replicas=${inSync}
offsets.topic.replication.factor=${replicas}
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=${replicas}
transaction.state.log.min.isr=${inSync}
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=${replicas}
share.coordinator.state.topic.min.isr=${inSync}
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
log.cleaner.dedupe.buffer.size=2097152
${options.further ?? ""}`;
}
