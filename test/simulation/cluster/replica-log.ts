import { isAbortMarker } from "../../../src/broker/log/batches/abort-marker.ts";
import type { EpochEnd } from "../../../src/broker/log/leader-epochs.ts";
import type { LogConfig } from "../../../src/broker/log/log-config.ts";
import { MemoryUse } from "../../../src/broker/log/memory-use.ts";
import { type AppendResult, PartitionLog } from "../../../src/broker/log/partition-log.ts";
import { batchField, batchOverheadBytes, readBatchHeader } from "../../../src/kafka/record-batch/batch-header.ts";
import type { Machine } from "../../../src/runtime/machine/machine.ts";

const memory = new MemoryUse(Number.MAX_SAFE_INTEGER);
const at = { topic: "log", partition: 0 };

/** The log of one replica: the embedded broker's, with the part that a leader and its followers have besides. */
export class ReplicaLog extends PartitionLog {
  #isLeader = false;
  #leaderEpoch = 0;
  #highWatermark = 0;
  readonly #readers = new Set<() => void>();
  readonly #machine: Pick<Machine, "clock" | "syncFiles">;
  /** Transactions that have ended at a marker which not all replicas may have yet. */
  #ending: { readonly firstOffset: number; readonly markerOffset: number }[] = [];
  /** Told when the leader has appended something. */
  appended: () => void = () => {};

  constructor(config: LogConfig, machine: Pick<Machine, "clock" | "syncFiles">) {
    super(memory, config, machine);
    this.#machine = machine;
  }

  override get isLeader(): boolean {
    return this.#isLeader;
  }

  override get leaderEpoch(): number {
    return this.#leaderEpoch;
  }

  override get highWatermark(): number {
    return this.#highWatermark;
  }

  /** As Kafka's: records of a transaction whose marker is not below the high watermark are not stable either. */
  override get lastStableOffset(): number {
    const open = this.producers.firstOpenOffset ?? this.#highWatermark;
    return Math.min(this.#highWatermark, open, ...this.#ending.map(({ firstOffset }) => firstOffset));
  }

  /** The epoch of its last record; −1: it has none. */
  get lastEpoch(): number {
    return this.epochs.all.findLast(({ startOffset }) => startOffset < this.endOffset)?.epoch ?? -1;
  }

  lead(epoch: number): void {
    this.#beginEpoch(epoch);
    this.#isLeader = true;
    this.#leaderEpoch = epoch;
    this.wake();
  }

  follow(epoch: number): void {
    this.#isLeader = false;
    this.#leaderEpoch = epoch;
    this.#forgetEmptyEpochs();
    this.wake();
  }

  raiseHighWatermark(offset: number): void {
    if (offset <= this.#highWatermark) return;
    this.#highWatermark = offset;
    this.#ending = this.#ending.filter(({ markerOffset }) => markerOffset >= offset);
    this.wake();
  }

  override append(sent: Buffer): AppendResult {
    const result = super.append(sent);
    if (result.errorCode === 0) this.appended();
    return result;
  }

  override endTransaction(producerId: number, producerEpoch: number, type: "commit" | "abort"): void {
    this.#noteMarker(producerId, this.endOffset);
    super.endTransaction(producerId, producerEpoch, type);
    this.appended();
  }

  /** Readers wait for the high watermark, and for another leader. */
  override onChange(callback: () => void): () => void {
    this.#readers.add(callback);
    return () => this.#readers.delete(callback);
  }

  wake(): void {
    for (const callback of [...this.#readers]) callback();
  }

  /** Appends what its leader has. */
  take(batches: Buffer): void {
    for (const batch of batchesOf(batches)) {
      const header = readBatchHeader(batch, 0, batch.length, at);
      const { partitionLeaderEpoch, baseOffset, lastOffsetDelta, maxTimestamp, isControl, producerId } = header;
      if (baseOffset !== this.endOffset) throw new Error(`a batch at ${baseOffset}, after ${this.endOffset}`);
      if (partitionLeaderEpoch > this.epochs.current) this.#beginEpoch(partitionLeaderEpoch);
      if (isControl) this.#noteMarker(producerId, baseOffset);
      this.segments.at(-1)?.append(batch, baseOffset + lastOffsetDelta, maxTimestamp);
      const isAbort = isControl && isAbortMarker(batch);
      this.producers.appended(header, baseOffset, isAbort, this.#machine.clock.now());
    }
  }

  /** Where this log parts from a follower's; undefined: it has all that the follower has. */
  divergence(endOffset: number, lastEpoch: number): EpochEnd | undefined {
    if (endOffset === 0) return undefined;
    const end = this.epochs.endOf(lastEpoch, this.endOffset);
    return end.epoch < lastEpoch || end.endOffset < endOffset ? end : undefined;
  }

  /** Where it ends after it has been cut off where its leader's log parts from it. */
  commonEnd({ epoch, endOffset }: EpochEnd): number {
    const own = this.epochs.endOf(epoch, this.endOffset);
    return Math.max(0, Math.min(endOffset, own.endOffset < 0 ? this.endOffset : own.endOffset));
  }

  *batches(): Generator<Buffer> {
    for (const segment of this.segments) for (const piece of segment.pieces(1024 * 1024)) yield* batchesOf(piece);
  }

  /** The same log up to an offset, as it is found on the disk. */
  recovered(untilOffset: number, machine: Pick<Machine, "clock" | "syncFiles">): ReplicaLog {
    const log = new ReplicaLog(this.config, machine);
    for (const batch of this.batches()) {
      const { baseOffset, lastOffsetDelta } = readBatchHeader(batch, 0, batch.length, at);
      if (baseOffset + lastOffsetDelta >= untilOffset) break;
      log.take(batch);
    }
    log.raiseHighWatermark(Math.min(this.#highWatermark, log.endOffset));
    return log;
  }

  #beginEpoch(epoch: number): void {
    if (epoch > this.epochs.current)
      this.beginEpoch([...this.epochs.all, { epoch: epoch - 1, startOffset: this.endOffset }]);
  }

  /** An epoch that it led without a record says nothing any more: the next leader may have records of earlier ones there. */
  #forgetEmptyEpochs(): void {
    const kept = this.epochs.all.filter(({ startOffset }) => startOffset < this.endOffset);
    const last = kept.at(-1);
    if (last === undefined || kept.length === this.epochs.all.length) return;
    const { epoch, startOffset } = last;
    this.epochs.begin([...kept.slice(0, -1), { epoch: epoch - 1, startOffset }], startOffset);
  }

  #noteMarker(producerId: number, markerOffset: number): void {
    const firstOffset = this.producers.all().find((producer) => producer.producerId === producerId)?.openOffset ?? -1;
    if (firstOffset >= 0) this.#ending.push({ firstOffset, markerOffset });
  }
}

function* batchesOf(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; ) {
    const end = start + bytes.readInt32BE(start + batchField.length) + batchOverheadBytes;
    yield bytes.subarray(start, end);
    start = end;
  }
}
