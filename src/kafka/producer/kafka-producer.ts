import { type OwnedResources, resourceOwner } from "../../runtime/process/owned-resources.ts";
import { KafkaClient } from "../client/kafka-client.ts";
import { type KafkaProducerOptions, producerSettings } from "./producer-options.ts";
import { RecordProducer } from "./record-producer.ts";

export type { ProducerRecord } from "./record-producer.ts";

/**
 * Writes records to Kafka: batched by `lingerMs` and `batchBytesMax`, acknowledged by all in-sync replicas, idempotent (retries
 * make no duplicates and keep the order within a partition). One that a function makes in a task is closed when the job ends.
 *
 * @throws UNKNOWN_OPTION, INVALID_OPTION from the constructor; connections are made when the first record is sent.
 *
 * @example
 * const producer = new KafkaProducer({ brokers: ["localhost:9092"] });
 * const { partition, offset } = await producer.send({ topic: "test", key: "k", value: "v" });
 * await producer.close();
 */
export class KafkaProducer extends RecordProducer {
  readonly #client: KafkaClient;
  readonly #owner: OwnedResources | undefined;

  constructor(options: KafkaProducerOptions) {
    const settings = producerSettings(options);
    const client = new KafkaClient(options);
    super(settings, client);
    this.#client = client;
    this.#owner = resourceOwner();
    this.#owner?.add(this);
  }

  override async close(): Promise<void> {
    this.#owner?.delete(this);
    try {
      await super.close();
    } finally {
      await this.#client.close();
    }
  }
}
