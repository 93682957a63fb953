import { KafkaClient } from "../kafka/client/kafka-client.ts";
import { settingsWith } from "../kafka/producer/producer-options.ts";
import { RecordProducer } from "../kafka/producer/record-producer.ts";
import type { KafkaConnection } from "../kafka/types.ts";
import { type KafkaSink, sinkOptionNames } from "../plan/output.ts";

/** A producer and the connections that it has for itself: a reader's requests may wait long for their answers. */
interface OwnProducer {
  readonly client: KafkaClient;
  readonly producer: RecordProducer;
  /** The last batch that it was used in. */
  batchTime: number | undefined;
}

/** Connections to Kafka that tasks in one place share: one client and one producer for each set of options. */
export class KafkaResources {
  readonly #clients = new Map<string, KafkaClient>();
  readonly #producers = new Map<string, OwnProducer>();

  client(connection: KafkaConnection): KafkaClient {
    return shared(this.#clients, connectionId(connection), () => new KafkaClient(connected(connection)));
  }

  /** In each batch the producer looks whether its topics have got more partitions. */
  producer(
    { connection, producer: given }: Pick<KafkaSink, "connection" | "producer">,
    batchTime: number,
  ): RecordProducer {
    const settings = settingsWith(given);
    const own = shared(this.#producers, JSON.stringify([connectionId(connection), settings]), (): OwnProducer => {
      const client = new KafkaClient(connected(connection));
      const producer = new RecordProducer(settings, client, { optionNames: sinkOptionNames });
      return { client, producer, batchTime };
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
    const clients = [...this.#clients.values(), ...producers.map(({ client }) => client)];
    this.#producers.clear();
    this.#clients.clear();
    await Promise.allSettled(clients.map((client) => client.close()));
    await Promise.allSettled(producers.map(({ producer }) => producer.close()));
  }
}

function connected(connection: KafkaConnection): KafkaConnection & { readonly brokers: readonly string[] } {
  return { ...connection, brokers: connection.brokers ?? [] };
}

function connectionId({ brokers, clientId, tls, sasl }: KafkaConnection): string {
  return JSON.stringify([brokers, clientId, tls, sasl]);
}

function shared<T>(all: Map<string, T>, id: string, create: () => T): T {
  let resource = all.get(id);
  if (resource === undefined) {
    resource = create();
    all.set(id, resource);
  }
  return resource;
}
