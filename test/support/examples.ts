import type { TestContext } from "node:test";
import { KafkaProducer, type ProducerRecord } from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import { type DstreamOptions, dstream } from "./dstream.ts";

/** What an example is run with. */
export interface ExampleOptions extends DstreamOptions {
  readonly broker?: EmbeddedBroker;
  readonly checkpoint?: string;
  readonly batches?: number;
  /** The example's own. */
  readonly args?: readonly string[];
}

/** A broker with topics of one partition. */
export async function brokerWith(t: TestContext, ...topics: readonly string[]): Promise<EmbeddedBroker> {
  const broker = await EmbeddedBroker.start();
  t.after(() => broker.stop());
  for (const topic of topics) await broker.createTopic(topic);
  return broker;
}

export async function send(broker: EmbeddedBroker, ...records: readonly ProducerRecord[]): Promise<void> {
  const producer = new KafkaProducer({ brokers: [broker.bootstrapServers] });
  await Promise.all(records.map((record) => producer.send(record)));
  await producer.close();
}

/** Runs an example as its comment says. Returns what it printed, without the headers of print(), and how it ended. */
export async function runExample(
  name: string,
  { broker, checkpoint, batches, args = [], ...options }: ExampleOptions,
): Promise<{ code: number | null; lines: string[]; errors: string }> {
  const flags = { brokers: broker?.bootstrapServers, checkpoint, batches };
  const given = Object.entries(flags).flatMap(([flag, value]) =>
    value === undefined ? [] : [`--${flag}`, `${value}`],
  );
  const outcome = await dstream(["run", `examples/${name}.ts`, ...given, "--", ...args], options);
  const lines = outcome.stdout.split("\n").filter((line) => !/^(-+|Time: \d+ ms|)$/.test(line));
  return { code: outcome.code, lines, errors: outcome.stderr };
}
