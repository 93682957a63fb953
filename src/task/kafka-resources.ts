import { KafkaClient } from "../kafka/client/kafka-client.ts";
import { producerSettings } from "../kafka/producer/producer-options.ts";
import { RecordProducer } from "../kafka/producer/record-producer.ts";
import type { KafkaConnection } from "../kafka/types.ts";
import { OwnedResources } from "../runtime/owned-resources.ts";

/** A producer and the connections that it has for itself: a reader's requests may wait long for their answers. */
interface OwnProducer {
  readonly client: KafkaClient;
  readonly producer: RecordProducer;
}

/** Connections to Kafka that tasks in one place share: one client and one producer for each set of connection options. */
export class KafkaResources {
  readonly #clients = new Map<string, KafkaClient>();
  readonly #producers = new Map<string, OwnProducer>();
  /** What functions of the program opened in the tasks. */
  readonly owned = new OwnedResources();

  client(connection: KafkaConnection): KafkaClient {
    return shared(this.#clients, connection, (options) => new KafkaClient(options));
  }

  producer(connection: KafkaConnection): RecordProducer {
    const own = shared(this.#producers, connection, (options) => {
      const client = new KafkaClient(options);
      return { client, producer: new RecordProducer(producerSettings(options), client) };
    });
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
    await this.owned.close();
    await Promise.allSettled(clients.map((client) => client.close()));
    await Promise.allSettled(producers.map(({ producer }) => producer.close()));
  }
}

type ConnectionOptions = KafkaConnection & { readonly brokers: readonly string[] };

function shared<T>(all: Map<string, T>, connection: KafkaConnection, create: (options: ConnectionOptions) => T): T {
  const { brokers = [], clientId, tls, sasl } = connection;
  const id = JSON.stringify([brokers, clientId, tls, sasl]);
  let resource = all.get(id);
  if (resource === undefined) {
    resource = create({ ...connection, brokers });
    all.set(id, resource);
  }
  return resource;
}
