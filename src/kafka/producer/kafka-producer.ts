import { runtimeKey } from "../../runtime/job-runtime.ts";
import { type Machine, thisMachine } from "../../runtime/machine/machine.ts";
import { type OwnedResources, resourceOwner } from "../../runtime/process/owned-resources.ts";
import type { KafkaClient } from "../client/kafka-client.ts";
import type { ProduceRequest, ProducerEpoch, ProducerNetwork } from "./producer-network.ts";
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
  readonly #network: LateNetwork;
  readonly #owner: OwnedResources | undefined;

  constructor(options: KafkaProducerOptions) {
    const settings = producerSettings(options);
    const machine: Machine = { ...thisMachine, ...options[runtimeKey] };
    const network = new LateNetwork({ ...options }, machine);
    super(settings, network, machine);
    this.#network = network;
    this.#owner = resourceOwner();
    this.#owner?.add(this);
  }

  override async close(): Promise<void> {
    this.#owner?.delete(this);
    try {
      await super.close();
    } finally {
      await this.#network.close();
    }
  }
}

/** Kafka's client, loaded with the first record: it is a tenth of what a program would load by its import of this package. */
class LateNetwork implements ProducerNetwork {
  readonly #options: KafkaProducerOptions;
  readonly #machine: Machine;
  #loading: Promise<KafkaClient> | undefined;

  constructor(options: KafkaProducerOptions, machine: Machine) {
    this.#options = options;
    this.#machine = machine;
  }

  async partitionCount(topic: string) {
    return (await this.#client()).partitionCount(topic);
  }

  async leaderOf(topic: string, partition: number) {
    return (await this.#client()).leaderOf(topic, partition);
  }

  async partitionCounts(topics: readonly string[]) {
    return (await this.#client()).partitionCounts(topics);
  }

  async refreshMetadata(topics: readonly string[]) {
    return (await this.#client()).refreshMetadata(topics);
  }

  async initProducerId(): Promise<ProducerEpoch> {
    return (await this.#client()).initProducerId();
  }

  async produce(request: ProduceRequest, leaderNodeId: number) {
    return (await this.#client()).produce(request, leaderNodeId);
  }

  /** Where nothing was sent there is nothing to close. */
  async close(): Promise<void> {
    await (await this.#loading)?.close();
  }

  #client(): Promise<KafkaClient> {
    this.#loading ??= import("../client/kafka-client.ts").then(({ KafkaClient }) => {
      return new KafkaClient(this.#options, this.#machine);
    });
    return this.#loading;
  }
}
