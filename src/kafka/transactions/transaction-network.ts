import { DStreamError } from "../../errors/dstream-error.ts";
import type { CrashHandler } from "../../runtime/crash-points.ts";
import type { KafkaClient } from "../client/kafka-client.ts";
import type { ProduceRequest, ProducerEpoch, ProducerNetwork } from "../producer/producer-network.ts";
import type { TopicPartition } from "../types.ts";
import type { TransactionCalls } from "./transaction-calls.ts";

/**
 * What a producer in transactions sees of Kafka: it has one producer id, and each partition is made part of the transaction
 * before the first batch for it is sent. When anything makes it ask for another id, the transaction can't go on.
 */
export class TransactionNetwork implements ProducerNetwork {
  readonly transactionalId: string;
  readonly #client: KafkaClient;
  readonly #calls: TransactionCalls;
  readonly #producer: ProducerEpoch;
  readonly #crashPoint: CrashHandler;
  readonly #added = new Set<string>();
  /** Requests leave in the order of the calls, each when the partitions of all before it are added. */
  #ready: Promise<void> = Promise.resolve();
  #isLent = false;
  #hasProduced = false;
  #failure: DStreamError | undefined;

  constructor(client: KafkaClient, calls: TransactionCalls, producer: ProducerEpoch, crashPoint: CrashHandler) {
    this.transactionalId = calls.transactionalId;
    this.#client = client;
    this.#calls = calls;
    this.#producer = producer;
    this.#crashPoint = crashPoint;
  }

  /** The producer's next records belong to a new transaction. */
  begin(): void {
    this.#added.clear();
    this.#ready = Promise.resolve();
    this.#hasProduced = false;
  }

  /** Why the transaction can't go on, where the reason lies here. */
  get failure(): DStreamError | undefined {
    return this.#failure;
  }

  /** Nothing is sent any more, so that nothing can reach a broker behind the abort. */
  end(): void {
    this.#failure ??= new DStreamError("BROKER_UNREACHABLE", "the transaction is aborted", { retryable: false });
  }

  partitionCount(topic: string): Promise<number> {
    return this.#client.partitionCount(topic);
  }

  partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#client.partitionCounts(topics);
  }

  leaderOf(topic: string, partition: number): Promise<{ readonly nodeId: number }> {
    return this.#client.leaderOf(topic, partition);
  }

  refreshMetadata(topics: readonly string[]): Promise<void> {
    return this.#client.refreshMetadata(topics);
  }

  async initProducerId(): Promise<ProducerEpoch> {
    if (this.#isLent) throw this.#giveUp(new DStreamError("BROKER_UNREACHABLE", "a batch may be lost or out of order"));
    this.#isLent = true;
    return this.#producer;
  }

  async produce(request: ProduceRequest, leaderNodeId: number): ReturnType<ProducerNetwork["produce"]> {
    const all = request.topics.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition }) => ({ topic, partition })),
    );
    const ready = this.#ready.then(() => this.#add(all)).then(() => this.#checkOpen());
    this.#ready = ready;
    await ready;
    const answer = await this.#client.produce(request, leaderNodeId);
    if (!this.#hasProduced) {
      this.#hasProduced = true;
      await this.#crashPoint("in-produce");
    }
    return answer;
  }

  async #add(all: readonly TopicPartition[]): Promise<void> {
    this.#checkOpen();
    const missing = all.filter(({ topic, partition }) => !this.#added.has(`${topic}-${partition}`));
    if (missing.length === 0) return;
    try {
      await this.#calls.addPartitions(this.#producer, missing);
    } catch (thrown) {
      throw this.#giveUp(DStreamError.from(thrown));
    }
    for (const { topic, partition } of missing) this.#added.add(`${topic}-${partition}`);
  }

  #checkOpen(): void {
    if (this.#failure !== undefined) throw this.#giveUp(this.#failure);
  }

  /** For the producer it is final, whatever another transaction may do. */
  #giveUp(reason: DStreamError): DStreamError {
    this.#failure ??= reason;
    return new DStreamError("BROKER_UNREACHABLE", "the transaction is given up", { cause: reason, retryable: false });
  }
}
