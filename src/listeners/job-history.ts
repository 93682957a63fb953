import type { StateFacts } from "./facts/batch-facts.ts";
import { withoutDetails } from "./facts/merge-task-facts.ts";
import type { BatchInfo, BatchStall, ReceiverInfo, StreamingListener } from "./streaming-listener.ts";

/** As Spark's spark.streaming.ui.retainedBatches. */
const maxBatches = 1_000;
/** Of so many batches also what is known of each task and partition. */
const maxDetailed = 20;

type EventOf<N extends keyof StreamingListener> = Parameters<NonNullable<StreamingListener[N]>>[0];

/** What listeners have heard of a job, as far as it is kept: nothing else is known of it to those who show how it is doing. */
export class JobHistory implements StreamingListener {
  batchInterval = 0;
  batchesCompleted = 0;
  recordsProcessed = 0;
  batchRetries = 0;
  offsetsSkipped = 0;
  /** When the last batch was planned. */
  lag: number | undefined;
  lastError: string | undefined;
  state: readonly StateFacts[] = [];
  readonly #waiting = new Set<number>();
  readonly #completed: BatchInfo[] = [];
  readonly #stalls = new Map<string, BatchStall>();

  get batchesWaiting(): number {
    return this.#waiting.size;
  }

  /** The last batches that were committed, oldest first; at most 1,000. */
  get completed(): readonly BatchInfo[] {
    return this.#completed;
  }

  /** What has stood still for longest; undefined when all goes on. */
  get stall(): BatchStall | undefined {
    return [...this.#stalls.values()].sort((a, b) => a.since - b.since)[0];
  }

  onStreamingStarted({ batchInterval, state }: EventOf<"onStreamingStarted">): void {
    this.batchInterval = batchInterval;
    this.state = state;
  }

  onStreamingFailed({ reason }: EventOf<"onStreamingFailed">): void {
    this.lastError = reason;
  }

  onBatchSubmitted({ batchInfo }: EventOf<"onBatchSubmitted">): void {
    this.#waiting.add(batchInfo.batchTime);
    this.lag = batchInfo.lag;
  }

  onBatchStarted({ batchInfo }: EventOf<"onBatchStarted">): void {
    this.#waiting.delete(batchInfo.batchTime);
  }

  onBatchDropped({ batchTime }: EventOf<"onBatchDropped">): void {
    this.#waiting.delete(batchTime);
  }

  onBatchRetried({ reason }: EventOf<"onBatchRetried">): void {
    this.batchRetries++;
    this.lastError = reason;
  }

  onBatchCompleted({ batchInfo }: EventOf<"onBatchCompleted">): void {
    const { facts, numRecords, failureReason } = batchInfo;
    this.state = facts?.state ?? this.state;
    if (failureReason !== undefined) return;
    this.batchesCompleted++;
    this.recordsProcessed += numRecords;
    for (const { offsetsSkipped } of facts?.sources ?? []) this.offsetsSkipped += offsetsSkipped;
    this.#completed.push(batchInfo);
    if (this.#completed.length > maxBatches) this.#completed.shift();
    this.#shorten(this.#completed.length - 1 - maxDetailed);
  }

  onBatchStalled({ stall }: EventOf<"onBatchStalled">): void {
    this.#stalls.set(idOf(stall), stall);
  }

  onStallEnded({ stall }: EventOf<"onStallEnded">): void {
    this.#stalls.delete(idOf(stall));
  }

  onReceiverError({ receiverInfo }: EventOf<"onReceiverError">): void {
    this.#receiverFailed(receiverInfo);
  }

  onReceiverStopped({ receiverInfo }: EventOf<"onReceiverStopped">): void {
    this.#receiverFailed(receiverInfo);
  }

  #receiverFailed({ lastErrorMessage }: ReceiverInfo): void {
    this.lastError = lastErrorMessage ?? this.lastError;
  }

  #shorten(index: number): void {
    const batch = this.#completed[index];
    if (batch?.facts !== undefined) this.#completed[index] = { ...batch, facts: withoutDetails(batch.facts) };
  }
}

const idOf = ({ batchTime, since }: BatchStall): string => `${batchTime} ${since}`;
