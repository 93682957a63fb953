import { type Isolation, KafkaClient, type Leader } from "../../src/kafka/client/kafka-client.ts";
import type { AbortedTransaction, FetchRequest, FetchResponse } from "../../src/kafka/client/requests/fetch.ts";
import { batchField } from "../../src/kafka/record-batch/batch-header.ts";
import { thisMachine } from "../../src/runtime/machine/machine.ts";

/** A client of a broker whose only partition has these bytes as its log: for what no broker at hand would let into one. */
export class ScriptedLog extends KafkaClient {
  fetches = 0;
  /** Where the records of the range's leader end; undefined: nobody is to ask. */
  epochEnd: number | undefined;
  /** The epochs that fetches came with. */
  readonly lastEpochs: number[] = [];
  readonly #batches: readonly Buffer[];
  readonly #aborted: readonly AbortedTransaction[];
  readonly #endOffset: number;

  constructor(batches: readonly Buffer[], endOffset: number, aborted: readonly AbortedTransaction[] = []) {
    super({ brokers: ["127.0.0.1:1"] }, thisMachine);
    this.#batches = batches;
    this.#endOffset = endOffset;
    this.#aborted = aborted;
  }

  override async leaderOf(): Promise<Leader> {
    return { nodeId: 1, leaderEpoch: 0 };
  }

  override async refreshMetadata(): Promise<void> {}

  override async epochEnds(...[asked]: Parameters<KafkaClient["epochEnds"]>): ReturnType<KafkaClient["epochEnds"]> {
    const { epochEnd: endOffset } = this;
    if (endOffset === undefined) throw new Error("nobody is to ask for the end of an epoch");
    return asked.map(({ topic, partition, leaderEpoch: epoch }) => ({
      topic,
      partition,
      errorCode: 0,
      epoch,
      endOffset,
    }));
  }

  override async fetch({ offset, lastEpoch, isolation }: FetchRequest): Promise<FetchResponse> {
    this.fetches++;
    this.lastEpochs.push(lastEpoch);
    const first = this.#batches.findIndex((batch) => lastOffset(batch) >= offset);
    return {
      throttleMs: 0,
      errorCode: 0,
      highWatermark: this.#endOffset,
      lastStableOffset: this.#endOffset,
      logStartOffset: 0,
      aborted: isolation === ("read_committed" satisfies Isolation) ? this.#aborted : [],
      isDiverging: this.epochEnd !== undefined && lastEpoch >= 0,
      records: first < 0 ? Buffer.alloc(0) : Buffer.concat(this.#batches.slice(first)),
    };
  }
}

/** As a broker reads it, which believes its own files. */
function lastOffset(batch: Buffer): number {
  return Number(batch.readBigInt64BE(batchField.baseOffset)) + batch.readInt32BE(batchField.lastOffsetDelta);
}
