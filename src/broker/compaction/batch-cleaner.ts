// What compaction keeps of a batch, by the rules of Kafka's cleaner.
import { decompress } from "../../kafka/compression/decompress.ts";
import { type BatchHeader, batchAttribute, batchHeaderBytes } from "../../kafka/record-batch/batch-header.ts";
import { RecordColumns } from "../../kafka/record-batch/record-columns.ts";
import { decodeRecords } from "../../kafka/record-batch/record-decoder.ts";
import { isAbortMarker } from "../log/batches/abort-marker.ts";
import type { ProducerTable } from "../log/producer-table.ts";
import type { OffsetMap } from "./offset-map.ts";
import { emptied, withKeptRecords } from "./rewrite-batch.ts";

/** What is in the log was let in by its topic's own bound. */
const maxDecompressedBytes = 2 ** 31 - 1;
const at = { topic: "log", partition: 0, offset: 0 };

export interface CleanRules {
  /** Of keys, as far as they were looked at; what it does not know stays. */
  readonly newest: OffsetMap;
  readonly producers: ProducerTable;
  readonly nowMs: number;
  /** How long tombstones, and markers of transactions without records, stay. */
  readonly deleteRetentionMs: number;
}

/** A batch that stays, changed or not. */
export interface CleanedBatch {
  readonly batch: Buffer;
  /** −1 of a batch without records. */
  readonly maxTimestamp: number;
}

/** The end of an aborted transaction of which nothing is left. */
export interface SpentMarker {
  readonly producerId: number;
  readonly offset: number;
}

/** Decodes the batch's records into `columns`; returns them decompressed. */
export function recordsOf(batch: Buffer, header: BatchHeader, columns: RecordColumns): Buffer {
  const plain = decompress(header.codec, batch.subarray(batchHeaderBytes), maxDecompressedBytes, at);
  decodeRecords(plain, 0, plain.length, header, columns, at);
  return plain;
}

/** Looks at the batches of a log one after the other, from its start. */
export class BatchCleaner {
  /** Markers that went. */
  readonly spent: SpentMarker[] = [];
  readonly #rules: CleanRules;
  readonly #columns = new RecordColumns();
  /** Producers of whose present transaction there were batches. */
  readonly #aborted = new Set<number>();
  readonly #committed = new Set<number>();

  constructor(rules: CleanRules) {
    this.#rules = rules;
  }

  /** What stays of the batch; undefined: nothing. */
  clean(batch: Buffer, header: BatchHeader): CleanedBatch | undefined {
    if (header.isControl) return this.#cleanMarker(batch, header);
    if (!header.isTransactional) return this.#cleanRecords(batch, header);
    const isAborted = isInAborted(this.#rules.producers, header);
    (isAborted ? this.#aborted : this.#committed).add(header.producerId);
    return isAborted ? this.#withoutRecords(batch, header) : this.#cleanRecords(batch, header);
  }

  /** A marker goes when there was no batch of its transaction any more, and has not been for a while. */
  #cleanMarker(batch: Buffer, header: BatchHeader): CleanedBatch | undefined {
    const isAbort = isAbortMarker(batch);
    const isNeeded = (isAbort ? this.#aborted : this.#committed).delete(header.producerId);
    const horizonMs = deleteHorizonOf(header);
    if (header.recordCount === 0) return this.#withoutRecords(batch, header);
    if (isNeeded || (horizonMs !== undefined && horizonMs > this.#rules.nowMs)) return asItIs(batch, header);
    if (horizonMs === undefined) {
      const plain = batch.subarray(batchHeaderBytes);
      const deleteHorizonMs = this.#rules.nowMs + this.#rules.deleteRetentionMs;
      const { maxTimestamp } = header;
      const records = { plain, kept: Uint8Array.of(1), maxTimestamp, deleteHorizonMs };
      return { batch: withKeptRecords(batch, header, records), maxTimestamp };
    }
    if (isAbort) this.spent.push({ producerId: header.producerId, offset: header.baseOffset });
    return this.#withoutRecords(batch, header);
  }

  #cleanRecords(batch: Buffer, header: BatchHeader): CleanedBatch | undefined {
    const columns = this.#columns;
    const plain = recordsOf(batch, header, columns);
    const kept = new Uint8Array(columns.count);
    const horizonMs = deleteHorizonOf(header);
    let count = 0;
    let hasTombstone = false;
    let maxTimestamp = -1;
    for (let i = 0; i < columns.count; i++) {
      const isTombstone = (columns.valueLength[i] as number) < 0;
      if (!this.#isKept(header.baseOffset + (columns.offsetDelta[i] as number), columns.key(i), isTombstone, horizonMs))
        continue;
      kept[i] = 1;
      count++;
      hasTombstone ||= isTombstone;
      maxTimestamp = Math.max(maxTimestamp, header.baseTimestamp + (columns.timestampDelta[i] as number));
    }
    if (count === 0) return this.#withoutRecords(batch, header);
    const isNewHorizon = hasTombstone && horizonMs === undefined;
    if (count === columns.count && !isNewHorizon) return asItIs(batch, header);
    const deleteHorizonMs = isNewHorizon ? this.#rules.nowMs + this.#rules.deleteRetentionMs : horizonMs;
    const rewritten = withKeptRecords(batch, header, { plain, kept, maxTimestamp, deleteHorizonMs });
    return { batch: rewritten, maxTimestamp: header.timestampType === "append" ? header.maxTimestamp : maxTimestamp };
  }

  #isKept(offset: number, key: Buffer | null, isTombstone: boolean, horizonMs: number | undefined): boolean {
    const { newest, nowMs } = this.#rules;
    if (key === null || offset < newest.get(key)) return false;
    return !isTombstone || horizonMs === undefined || nowMs < horizonMs;
  }

  /** The last batch of a producer stays without records: its sequence goes on from there. */
  #withoutRecords(batch: Buffer, header: BatchHeader): CleanedBatch | undefined {
    if (header.producerId < 0 || !this.#rules.producers.isLastOf(header)) return undefined;
    return header.recordCount === 0 ? asItIs(batch, header) : { batch: emptied(batch, header), maxTimestamp: -1 };
  }
}

/** Whether the transaction that a batch belongs to was aborted. */
export function isInAborted(producers: ProducerTable, { producerId, baseOffset }: BatchHeader): boolean {
  return producers.abortedBetween(baseOffset, baseOffset).some((range) => range.producerId === producerId);
}

function deleteHorizonOf({ attributes, baseTimestamp }: BatchHeader): number | undefined {
  return (attributes & batchAttribute.deleteHorizon) === 0 ? undefined : baseTimestamp;
}

function asItIs(batch: Buffer, { recordCount, maxTimestamp }: BatchHeader): CleanedBatch {
  return { batch, maxTimestamp: recordCount === 0 ? -1 : maxTimestamp };
}
