import { DStreamError } from "../../errors/dstream-error.ts";
import type { RequestType } from "../client/broker-connection.ts";
import type { KafkaClient } from "../client/kafka-client.ts";
import { type CoordinatorOf, type GroupOffset, offsetFetchRequest } from "../client/requests/groups.ts";
import { initProducerIdRequest } from "../client/requests/init-producer-id.ts";
import {
  addOffsetsToTxnRequest,
  addPartitionsToTxnRequest,
  endTxnRequest,
  txnOffsetCommitRequest,
} from "../client/requests/transactions.ts";
import type { ProducerEpoch } from "../producer/producer-network.ts";
import { isRetriable, kafkaErrors } from "../protocol/kafka-error-codes.ts";
import type { TopicPartition } from "../types.ts";
import { type Marker, markerText, newestMarker } from "./marker.ts";
import { transactionError } from "./transaction-error.ts";

/** The markers of the transaction before are written while its end has been answered already: that takes a moment. */
const shortPauseMs = { first: 1, most: 50 };
const longPauseMs = { first: 50, most: 1_000 };

const inAMoment: readonly number[] = [
  kafkaErrors.CONCURRENT_TRANSACTIONS.code,
  kafkaErrors.UNSTABLE_OFFSET_COMMIT.code,
];

interface CallOptions {
  /** What the error's text calls the request. */
  readonly what: string;
  /** Whether a lost answer is met by asking again; else it is the caller's to find out what became of the request. */
  readonly persists: boolean;
}

/**
 * The requests of one transactional id. A broker's "not now" is asked again; what a lost answer means is told to the caller,
 * except where asking again says the same.
 */
export class TransactionCalls {
  readonly transactionalId: string;
  readonly #client: KafkaClient;
  /** What the broker lets a transaction take, and how long requests are tried again: later there is nothing to save any more. */
  readonly #timeoutMs: number;
  readonly #transaction: CoordinatorOf;
  /** The group whose offsets are the markers has the name of the transactional id. */
  readonly #group: CoordinatorOf;

  constructor(client: KafkaClient, transactionalId: string, timeoutMs: number) {
    this.#client = client;
    this.transactionalId = transactionalId;
    this.#timeoutMs = timeoutMs;
    this.#transaction = { kind: "transaction", key: transactionalId };
    this.#group = { kind: "group", key: transactionalId };
  }

  /**
   * The next epoch; everything that an earlier one began is settled then. `present`: of the producer that goes on; without it
   * whoever has the id is fenced.
   *
   * @throws PRODUCER_FENCED when the present epoch is not the newest; INVALID_OPTION for the timeout.
   */
  async initProducerId(present?: ProducerEpoch): Promise<ProducerEpoch> {
    const { transactionalId } = this;
    const request = { transactionalId, transactionTimeoutMs: this.#timeoutMs, present };
    const options = { what: "the producer id", persists: true };
    const answer = await this.#ask(this.#transaction, initProducerIdRequest, request, (r) => r.errorCode, options);
    if (answer.errorCode !== 0) throw this.#error(answer.errorCode, options.what);
    return { producerId: answer.producerId, producerEpoch: answer.producerEpoch };
  }

  async addPartitions(producer: ProducerEpoch, partitions: readonly TopicPartition[]): Promise<void> {
    const request = { transactionalId: this.transactionalId, ...producer, partitions };
    await this.#expect(this.#transaction, addPartitionsToTxnRequest, request, "adding partitions to the transaction");
  }

  /** Writes the marker into the transaction: as the group's offset of a partition. */
  async addMarker(producer: ProducerEpoch, marker: Marker, at: TopicPartition): Promise<void> {
    const { transactionalId } = this;
    const request = { transactionalId, ...producer, group: transactionalId };
    await this.#expect(this.#transaction, addOffsetsToTxnRequest, request, "adding the marker to the transaction");
    const offset = { ...at, offset: marker.batch, metadata: markerText(marker) };
    await this.#expect(this.#group, txnOffsetCommitRequest, { ...request, offset }, "writing the marker");
  }

  async commit(producer: ProducerEpoch): Promise<void> {
    const request = { transactionalId: this.transactionalId, ...producer, isCommit: true };
    await this.#expect(this.#transaction, endTxnRequest, request, "the commit of the transaction");
  }

  /** Ends a transaction of which it is not known how far it came: it is aborted unless it was committed, or none was begun. */
  async abort(producer: ProducerEpoch): Promise<void> {
    const request = { transactionalId: this.transactionalId, ...producer, isCommit: false };
    const options = { what: "the abort of the transaction", persists: true };
    const [errorCode = 0] = await this.#ask(this.#transaction, endTxnRequest, request, firstError, options);
    if (errorCode !== 0 && errorCode !== kafkaErrors.INVALID_TXN_STATE.code) throw this.#error(errorCode, options.what);
  }

  /** The marker of the last transaction that was committed; `places` are where the next will be, and one may be about to be. */
  async marker(places: readonly TopicPartition[]): Promise<Marker | undefined> {
    // Asked for all, a broker is silent about a partition whose first marker it has yet to apply; asked for the partition, it says so.
    await this.#markers(places);
    return newestMarker(await this.#markers("all"));
  }

  async #markers(partitions: readonly TopicPartition[] | "all"): Promise<readonly GroupOffset[]> {
    const options = { what: "the marker", persists: true };
    const request = { group: this.transactionalId, partitions };
    const answer = await this.#ask(this.#group, offsetFetchRequest, request, ({ errorCode }) => errorCode, options);
    if (answer.errorCode !== 0) throw this.#error(answer.errorCode, options.what);
    return answer.offsets;
  }

  async #expect<Q>(
    of: CoordinatorOf,
    type: RequestType<Q, readonly number[]>,
    request: Q,
    what: string,
  ): Promise<void> {
    const errorCode = firstError(await this.#ask(of, type, request, firstError, { what, persists: false }));
    if (errorCode !== 0) throw this.#error(errorCode, what);
  }

  async #ask<Q, R>(
    of: CoordinatorOf,
    type: RequestType<Q, R>,
    request: Q,
    errorOf: (answer: R) => number,
    { what, persists }: CallOptions,
  ): Promise<R> {
    const { timers } = this.#client;
    const deadline = timers.elapsed() + this.#timeoutMs;
    for (let attempt = 0; ; attempt++) {
      let pause = longPauseMs;
      try {
        const answer = await this.#client.askCoordinator(of, type, request);
        const errorCode = errorOf(answer);
        if (!isRetriable(errorCode)) return answer;
        if (timers.elapsed() > deadline) throw this.#error(errorCode, what);
        if (inAMoment.includes(errorCode)) pause = shortPauseMs;
        else this.#client.forgetCoordinator(of);
      } catch (thrown) {
        const { retryable, data } = DStreamError.from(thrown);
        const wasSent = data.error === undefined;
        if (!retryable || (wasSent && !persists) || timers.elapsed() > deadline) throw thrown;
      }
      await timers.delay(Math.min(pause.most, pause.first * 2 ** attempt));
    }
  }

  #error(errorCode: number, what: string): DStreamError {
    return transactionError(errorCode, what, this.transactionalId);
  }
}

function firstError(errorCodes: readonly number[]): number {
  return errorCodes.find((code) => code !== 0) ?? 0;
}
