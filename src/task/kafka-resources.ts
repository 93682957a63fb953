import { KafkaClient } from "../kafka/client/kafka-client.ts";
import { KafkaProducer } from "../kafka/producer/kafka-producer.ts";
import type { KafkaConnection } from "../kafka/types.ts";

/** Connections to Kafka that tasks in one place share: one client and one producer for each set of connection options. */
export class KafkaResources {
  readonly #clients = new Map<string, KafkaClient>();
  readonly #producers = new Map<string, KafkaProducer>();

  client(connection: KafkaConnection): KafkaClient {
    return shared(this.#clients, connection, (options) => new KafkaClient(options));
  }

  producer(connection: KafkaConnection): KafkaProducer {
    return shared(this.#producers, connection, (options) => new KafkaProducer(options));
  }

  async close(): Promise<void> {
    const all = [...this.#producers.values(), ...this.#clients.values()];
    this.#producers.clear();
    this.#clients.clear();
    await Promise.allSettled(all.map((resource) => resource.close()));
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
