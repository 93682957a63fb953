import { KafkaClient } from "../../kafka/client/kafka-client.ts";
import { settingsWith } from "../../kafka/producer/producer-options.ts";
import { RecordProducer } from "../../kafka/producer/record-producer.ts";
import type { KafkaConnection } from "../../kafka/types.ts";
import { type KafkaOutput, type KafkaSink, sinkOptionNames } from "../../plan/graph/output.ts";
import type { Machine } from "../../runtime/machine/machine.ts";
import { ObjectNumbers } from "../../runtime/object-numbers.ts";
import { OwnedResources } from "../../runtime/process/owned-resources.ts";

/** The producer of one output, so that what it loses is told to that output. */
interface OwnProducer {
  readonly producer: RecordProducer;
  /** The last batch that it was used in. */
  batchTime: number | undefined;
}

type ProducingOutput = Pick<KafkaOutput, "id"> & { readonly sink: Pick<KafkaSink, "connection" | "producer"> };

/**
 * Connections to Kafka that tasks in one place share: for each set of connection options one client to read and one to write,
 * since a reader's requests may wait long for their answers.
 */
export class KafkaResources {
  readonly #machine: Machine;
  readonly #readers = new Map<string, KafkaClient>();
  readonly #writers = new Map<string, KafkaClient>();
  readonly #producers = new Map<string, OwnProducer>();
  /** Of functions of connections: two that give tokens of different users are two connections. */
  readonly #numbers = new ObjectNumbers();
  /** What functions of the program opened in the tasks. */
  readonly owned: OwnedResources;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.owned = new OwnedResources(machine.timers);
  }

  client(connection: KafkaConnection): KafkaClient {
    return shared(
      this.#readers,
      connectionId(connection, this.#numbers),
      () => new KafkaClient(connected(connection), this.#machine),
    );
  }

  /** In each batch the producer looks whether its topics have got more partitions. */
  producer({ id, sink }: ProducingOutput, batchTime: number): RecordProducer {
    const { connection, producer: given } = sink;
    const at = connectionId(connection, this.#numbers);
    const own = shared(this.#producers, JSON.stringify([id, at, given]), (): OwnProducer => {
      const client = shared(this.#writers, at, () => new KafkaClient(connected(connection), this.#machine));
      const producer = new RecordProducer(settingsWith(given), client, this.#machine, { optionNames: sinkOptionNames });
      return { producer, batchTime };
    });
    if (own.batchTime !== batchTime) void own.producer.lookForPartitions();
    own.batchTime = batchTime;
    return own.producer;
  }

  /**
   * A task sends all its records before it ends. What a producer still has is of a batch that was given up, and is not waited for:
   * the brokers may be away.
   */
  async close(): Promise<void> {
    const producers = [...this.#producers.values()];
    const clients = [...this.#readers.values(), ...this.#writers.values()];
    for (const all of [this.#producers, this.#readers, this.#writers]) all.clear();
    await this.owned.close();
    await Promise.allSettled(clients.map((client) => client.close()));
    for (const { producer } of producers) producer.abandon();
  }
}

function connected(connection: KafkaConnection): KafkaConnection & { readonly brokers: readonly string[] } {
  return { ...connection, brokers: connection.brokers ?? [] };
}

function connectionId({ brokers, clientId, tls, sasl }: KafkaConnection, numbers: ObjectNumbers): string {
  return JSON.stringify([brokers, clientId, tls, sasl], (name, value) => {
    // What cannot be told apart by its text.
    return typeof value === "function" || name === "secureContext" ? { number: numbers.of(value) } : value;
  });
}

function shared<I, T>(all: Map<I, T>, id: I, create: () => T): T {
  let resource = all.get(id);
  if (resource === undefined) {
    resource = create();
    all.set(id, resource);
  }
  return resource;
}
