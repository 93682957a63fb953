import { DStreamError } from "../../errors/dstream-error.ts";
import type { CrashHandler } from "../../runtime/crash-points.ts";
import type { Machine } from "../../runtime/machine/machine.ts";
import type { Timers } from "../../runtime/machine/timers.ts";
import { KafkaClient } from "../client/kafka-client.ts";
import type { ProducerEpoch } from "../producer/producer-network.ts";
import { type OptionNames, type ProducerSettings, settingsWith } from "../producer/producer-options.ts";
import { type ProducerRecord, RecordProducer } from "../producer/record-producer.ts";
import type { KafkaConnection, TopicPartition } from "../types.ts";
import { isSameMarker, type Marker } from "./marker.ts";
import { TransactionCalls } from "./transaction-calls.ts";
import { TransactionNetwork } from "./transaction-network.ts";

export interface TransactionalSessionOptions {
  readonly connection: KafkaConnection & { readonly brokers: readonly string[] };
  readonly transactionalId: string;
  /** What a transaction may take, in ms; then the broker ends it. */
  readonly timeoutMs: number;
  /** The topic under whose partitions markers are kept. */
  readonly markerTopic: string;
  /** How records are sent; by default at once, and for as long as a transaction may take. */
  readonly producer: Partial<ProducerSettings>;
  /** What the options of the producer are called in the program. */
  readonly optionNames: OptionNames;
  readonly machine: Machine;
  /** Called at the steps of a transaction. Default: nothing happens there. */
  readonly crashPoint?: CrashHandler;
}

/** A producer and the epoch that it lives in. */
interface Epoch {
  readonly id: ProducerEpoch;
  /**
   * Each epoch has another partition for its markers, as far as there are some. A broker before 4.0 that refuses the marker of an
   * earlier epoch, because it arrived late, forgets the one of the present transaction in the same place, although it commits it.
   */
  readonly markerAt: TopicPartition;
  readonly network: TransactionNetwork;
  readonly producer: RecordProducer;
}

const attemptsMax = 4;
const firstBackoffMs = 100;

/**
 * Writes sets of records, each in a transaction of one transactional id. Producer id, epoch and the next sequence of each
 * partition live here. Where an answer is lost nobody guesses: the transaction is aborted unless it was committed already, a new
 * epoch keeps whatever is still under way from counting, and the marker says which of the two it was.
 */
export class TransactionalSession {
  readonly #options: TransactionalSessionOptions;
  readonly #timers: Timers;
  readonly #crashPoint: CrashHandler;
  readonly #client: KafkaClient;
  readonly #calls: TransactionCalls;
  #markerPlaces: readonly TopicPartition[] = [];
  #epoch: Epoch | undefined;
  readonly #ends = { committed: 0, aborted: 0, unknown: 0 };
  /** How many partitions topics were last found to have. */
  #counts: ReadonlyMap<string, number> = new Map();

  constructor(options: TransactionalSessionOptions) {
    this.#options = options;
    this.#timers = options.machine.timers;
    this.#crashPoint = options.crashPoint ?? (() => {});
    this.#client = new KafkaClient(options.connection, options.machine);
    this.#calls = new TransactionCalls(this.#client, options.transactionalId, options.timeoutMs);
  }

  /**
   * Fences every other producer of the transactional id and settles what it began. Returns the marker of the last transaction
   * that was committed.
   *
   * @throws TOPIC_NOT_FOUND, BROKER_UNREACHABLE, AUTHENTICATION_FAILED, INVALID_OPTION for the timeout.
   */
  async open(): Promise<Marker | undefined> {
    const { markerTopic: topic } = this.#options;
    const numPartitions = await this.#client.partitionCount(topic);
    this.#markerPlaces = Array.from({ length: numPartitions }, (_, partition) => ({ topic, partition }));
    this.#begin(await this.#calls.initProducerId());
    return this.#calls.marker(this.#markerPlaces);
  }

  /** How the transactions ended so far. */
  get ends(): Readonly<Record<"committed" | "aborted" | "unknown", number>> {
    return { ...this.#ends };
  }

  /** Looks whether topics of earlier transactions have got more partitions: what is found counts from the next transaction on. */
  lookForPartitions(): void {
    const topics = this.#current().producer.topicNames;
    if (topics.length > 0) void this.#countPartitions(topics).catch(() => {});
  }

  /**
   * How many partitions a topic has; asked of a broker when they are not as many as wanted.
   *
   * @throws TOPIC_NOT_FOUND, BROKER_UNREACHABLE
   */
  async partitionCount(topic: string, wanted: number): Promise<number> {
    const known = this.#counts.get(topic);
    if (known !== undefined && known >= wanted) return known;
    await this.#countPartitions([topic]);
    return this.#counts.get(topic) ?? (await this.#client.partitionCount(topic));
  }

  /**
   * Resolves when the records are committed, and with them the marker. A transaction that fails is tried again while its error
   * may pass, so `records` is called for each.
   *
   * @throws PRODUCER_FENCED when another producer has the id, or the transaction took too long; TRANSACTION_UNCERTAIN when it
   * can't be found out what became of it; what a producer throws.
   */
  async commit(records: () => Iterable<readonly ProducerRecord[]>, marker: Marker): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const beganAt = this.#timers.elapsed();
      let failure: unknown;
      try {
        await this.#attempt(records(), marker);
        this.#ends.committed++;
        return;
      } catch (thrown) {
        failure = this.#epoch?.network.failure ?? thrown;
      }
      const wasCommitted = await this.#settle(marker, failure, this.#timers.elapsed() - beganAt).catch(
        (error: unknown) => {
          this.#ends.unknown++;
          throw error;
        },
      );
      this.#ends[wasCommitted ? "committed" : "aborted"]++;
      if (wasCommitted) return;
      if (!DStreamError.from(failure).retryable || attempt >= attemptsMax) throw failure;
      await this.#timers.delay(firstBackoffMs * 2 ** (attempt - 1));
    }
  }

  async close(): Promise<void> {
    const producer = this.#epoch?.producer;
    // What was not committed is not wanted; the broker aborts it when the id is used again, or its time is over.
    await this.#client.close();
    producer?.abandon();
  }

  async #attempt(records: Iterable<readonly ProducerRecord[]>, marker: Marker): Promise<void> {
    const { id, network, producer, markerAt } = this.#current();
    network.begin();
    // Never within a transaction: all records of a key go to one partition.
    producer.growTopics(this.#counts);
    for (const some of records) {
      // What was appended leaves while the next is.
      await this.#timers.turn();
      for (const record of some) {
        const room = producer.append(record);
        if (room !== undefined) await room;
      }
    }
    await producer.flush();
    await this.#crashPoint("after-produce");
    await this.#calls.addMarker(id, marker, markerAt);
    await this.#crashPoint("before-end-txn");
    await this.#calls.commit(id);
    await this.#crashPoint("after-end-txn");
  }

  /** Whether the transaction that failed was committed all the same. Afterwards nothing of it can still happen. */
  async #settle(marker: Marker, failure: unknown, tookMs: number): Promise<boolean> {
    const { id, network, producer } = this.#current();
    network.end();
    await producer.close().catch(() => {});
    try {
      await this.#calls.abort(id);
      this.#begin(await this.#calls.initProducerId(id));
      return isSameMarker(await this.#calls.marker(this.#markerPlaces), marker);
    } catch (thrown) {
      const error = DStreamError.from(thrown);
      if (error.code === "PRODUCER_FENCED") throw this.#fenced(error, marker, tookMs);
      const text = `it is not known whether the transaction of batch ${marker.batch} was committed: ${error.message}. The next start of the job finds out`;
      throw new DStreamError("TRANSACTION_UNCERTAIN", text, { cause: failure, data: { batchTime: marker.batch } });
    }
  }

  #fenced(error: DStreamError, { batch }: Marker, tookMs: number): DStreamError {
    const { timeoutMs, transactionalId } = this.#options;
    if (tookMs < timeoutMs) return error;
    const text = `the transaction of batch ${batch} took ${Math.round(tookMs)} ms, longer than transactionTimeout = ${timeoutMs}, so the broker ended it; raise the option`;
    const data = { option: "transactionTimeout", limit: timeoutMs, batchTime: batch, transactionalId };
    return new DStreamError("PRODUCER_FENCED", text, { cause: error, data });
  }

  /** Sequences begin at 0 with each epoch, and so does the producer that counts them. */
  #begin(id: ProducerEpoch): void {
    const { timeoutMs, producer: given, optionNames, machine } = this.#options;
    const settings = settingsWith({ deliveryTimeoutMs: timeoutMs, lingerMs: 0, ...given });
    const traits = { partitionsMaxAgeMs: Number.POSITIVE_INFINITY, optionNames };
    const network = new TransactionNetwork(this.#client, this.#calls, id, this.#crashPoint);
    const places = this.#markerPlaces;
    const markerAt = places[id.producerEpoch % places.length] as TopicPartition;
    const producer = new RecordProducer(settings, network, machine, traits);
    this.#epoch = { id, markerAt, network, producer };
  }

  async #countPartitions(topics: readonly string[]): Promise<void> {
    this.#counts = new Map([...this.#counts, ...(await this.#client.partitionCounts(topics))]);
  }

  #current(): Epoch {
    if (this.#epoch === undefined) throw new Error("the session was not opened");
    return this.#epoch;
  }
}
