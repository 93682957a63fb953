import { DStreamError } from "../../errors/dstream-error.ts";
import { operatorText } from "../../errors/user-code/user-function-failed.ts";
import type { ProducerRecord } from "../../kafka/producer/record-producer.ts";
import { TransactionalSession } from "../../kafka/transactions/transactional-session.ts";
import type { TransactionFacts } from "../../listeners/facts/batch-facts.ts";
import { isTransactional, type KafkaOutput, sinkOptionNames } from "../../plan/graph/output.ts";
import type { Graph } from "../../plan/graph/plan-builder.ts";
import type { JobRuntime } from "../../runtime/job-runtime.ts";
import { type Random, uniqueId } from "../../runtime/machine/random.ts";
import { producerRecords } from "../../task/sinks/collected-record.ts";
import type { TransactionalRecords } from "../batch/collected-output.ts";
import type { BatchLog } from "../checkpoint/batch-log.ts";
import type { BatchTransaction } from "../checkpoint/checkpoint-state.ts";
import { checkTargets } from "./check-targets.ts";
import { settleLast } from "./settle-last.ts";

/**
 * A job without output has a transaction all the same, with a marker and nothing else, when so much time of batches has passed:
 * Kafka forgets offsets and transactional ids that nobody has used for days (offsets.retention.minutes,
 * transactional.id.expiration.ms; 7 days each by default).
 */
const keepAliveMs = 12 * 60 * 60 * 1_000;

export interface TransactionsOptions {
  readonly graph: Graph;
  readonly log: BatchLog;
  readonly maxResultBytes: number;
  readonly runtime: JobRuntime;
  readonly signal: AbortSignal;
}

/**
 * The transactions of a job that writes to Kafka exactly-once (decision D6). The records of a batch and the marker that names
 * its attempt are committed together: that is the commit of the batch, and the log only follows.
 */
export class BatchTransactions {
  readonly #session: TransactionalSession;
  readonly #log: BatchLog;
  readonly #transactionalId: string;
  readonly #maxResultBytes: number;
  readonly #random: Random;
  #firstBatch: number | undefined;

  private constructor(
    session: TransactionalSession,
    transactionalId: string,
    { log, maxResultBytes, runtime }: TransactionsOptions,
  ) {
    this.#session = session;
    this.#log = log;
    this.#transactionalId = transactionalId;
    this.#maxResultBytes = maxResultBytes;
    this.#random = runtime.random;
  }

  /**
   * Settles what an earlier run of the job left. Undefined for a job without exactly-once sinks.
   *
   * @throws what `settleLast` and the session throw.
   */
  static async open(options: TransactionsOptions): Promise<BatchTransactions | undefined> {
    const { graph, log, runtime, signal } = options;
    const sink = graph.outputs.find(isTransactional)?.sink;
    if (sink === undefined) {
      await settleLast(log, undefined, runtime.log);
      return undefined;
    }
    const { topic, connection, transactionTimeoutMs, producer } = sink;
    const transactionalId = sink.transactionalId ?? `${log.state.appName}-${log.state.id}`;
    const session = new TransactionalSession({
      connection,
      transactionalId,
      timeoutMs: transactionTimeoutMs,
      markerTopic: topic,
      producer,
      machine: runtime,
      crashPoint: runtime.crashPoint,
      optionNames: {
        ...sinkOptionNames,
        ...(producer.deliveryTimeoutMs === undefined && { deliveryTimeoutMs: "transactionTimeout" }),
      },
    });
    // A job that is stopped in the middle of its start does not wait for a coordinator.
    const giveUp = (): void => void session.close();
    signal.addEventListener("abort", giveUp);
    try {
      await settleLast(log, { transactionalId, marker: await session.open() }, runtime.log);
    } catch (error) {
      await session.close();
      throw error;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
    return new BatchTransactions(session, transactionalId, options);
  }

  /**
   * A transaction for the batch's records; undefined where there are none, and the log alone commits.
   *
   * @throws RESULT_TOO_LARGE; INVALID_OPTION, TOPIC_NOT_FOUND for partitions and topics that records name and that are not there.
   */
  async prepare(time: number, outputs: readonly TransactionalRecords[]): Promise<BatchTransaction | undefined> {
    for (const { output, parts } of outputs) {
      if (parts.some(({ complete }) => !complete)) throw tooLarge(output, this.#maxResultBytes);
    }
    await checkTargets(this.#session, outputs);
    const isEmpty = outputs.every(({ parts }) => parts.every(({ count }) => count === 0));
    if (isEmpty && !this.#isDue(time)) return undefined;
    this.#session.lookForPartitions();
    return { transactionalId: this.#transactionalId, attempt: uniqueId(this.#random) };
  }

  /** How those of this run ended so far. */
  get ends(): TransactionFacts {
    return this.#session.ends;
  }

  /** Resolves when the batch is committed. @throws as TransactionalSession.commit */
  commit(time: number, { attempt }: BatchTransaction, outputs: readonly TransactionalRecords[]): Promise<void> {
    const marker = { checkpoint: this.#log.state.id, batch: time, attempt };
    return this.#session.commit(() => recordsOf(outputs), marker);
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  /** Whether Kafka has heard nothing of the job for so long that a batch without records must remind it. */
  #isDue(time: number): boolean {
    this.#firstBatch ??= time;
    return time - (this.#log.state.transaction?.time ?? this.#firstBatch) >= keepAliveMs;
  }
}

function* recordsOf(outputs: readonly TransactionalRecords[]): Generator<readonly ProducerRecord[]> {
  for (const { output, parts } of outputs) {
    for (const { blocks } of parts) {
      for (const block of blocks) yield producerRecords(block, output.sink.topic);
    }
  }
}

function tooLarge(output: KafkaOutput, limit: number): DStreamError {
  const text = `${operatorText(output)}: the records of this batch for Kafka have more than maxResultBytes = ${limit} bytes; they go through the driver to be exactly-once. Start the job again with a higher maxResultBytes, or with delivery: "at-least-once", which writes from the tasks: the batch is planned and keeps its size; a lower rate makes later ones smaller`;
  return new DStreamError("RESULT_TOO_LARGE", text, { data: { option: "maxResultBytes", limit } });
}
