import { type Isolation, KafkaClient, type Leader } from "../../src/kafka/client/kafka-client.ts";
import type { AbortedTransaction, FetchRequest, FetchResponse } from "../../src/kafka/client/requests/fetch.ts";
import { batchField } from "../../src/kafka/record-batch/batch-header.ts";

/** A client of a broker whose only partition has these bytes as its log: for what no broker at hand would let into one. */
export class ScriptedLog extends KafkaClient {
  fetches = 0;
  readonly #batches: readonly Buffer[];
  readonly #aborted: readonly AbortedTransaction[];
  readonly #endOffset: number;

  constructor(batches: readonly Buffer[], endOffset: number, aborted: readonly AbortedTransaction[] = []) {
    super({ brokers: ["127.0.0.1:1"] });
    this.#batches = batches;
    this.#endOffset = endOffset;
    this.#aborted = aborted;
  }

  override async leaderOf(): Promise<Leader> {
    return { nodeId: 1, leaderEpoch: 0 };
  }

  override async refreshMetadata(): Promise<void> {}

  override async fetch({ offset, isolation }: FetchRequest): Promise<FetchResponse> {
    this.fetches++;
    const first = this.#batches.findIndex((batch) => lastOffset(batch) >= offset);
    return {
      throttleMs: 0,
      errorCode: 0,
      highWatermark: this.#endOffset,
      lastStableOffset: this.#endOffset,
      logStartOffset: 0,
      aborted: isolation === ("read_committed" satisfies Isolation) ? this.#aborted : [],
      isDiverging: false,
      records: first < 0 ? Buffer.alloc(0) : Buffer.concat(this.#batches.slice(first)),
    };
  }
}

/** As a broker reads it, which believes its own files. */
function lastOffset(batch: Buffer): number {
  return Number(batch.readBigInt64BE(batchField.baseOffset)) + batch.readInt32BE(batchField.lastOffsetDelta);
}
