import type { OffsetRange } from "../kafka/types.ts";
import type { StateFacts } from "./facts/batch-facts.ts";
import { withoutDetails } from "./facts/merge-task-facts.ts";
import type {
  BatchInfo,
  BatchStall,
  OutputOperationInfo,
  ReceiverInfo,
  StreamingListener,
} from "./streaming-listener.ts";

/** As Spark's spark.streaming.ui.retainedBatches. */
const maxBatches = 1_000;
/** Of so many batches also what is known of each task and partition. */
const maxDetailed = 20;
/** Streams with more partitions are known by their sums only. */
const maxPartitions = 1_000;

type EventOf<N extends keyof StreamingListener> = Parameters<NonNullable<StreamingListener[N]>>[0];

/** Where a stream stands in a partition of a topic. */
export interface PartitionOffset {
  readonly streamId: number;
  readonly topic: string;
  readonly partition: number;
  /** The next record to read. */
  readonly offset: number;
}

/** Where a stream stands in a topic that it reads with too many others to know each. */
export interface TopicOffset {
  readonly streamId: number;
  readonly topic: string;
  /** The sum of those of its partitions. */
  readonly offset: number;
}

/**
 * What listeners have heard of a job, as far as it is kept: nothing else is known of it to those who show how it is doing. It has a
 * bound, however long the job runs.
 */
export class JobHistory implements StreamingListener {
  batchInterval = 0;
  batchesCompleted = 0;
  batchesFailed = 0;
  recordsProcessed = 0;
  batchRetries = 0;
  offsetsSkipped = 0;
  /** When the last batch was planned. */
  lag: number | undefined;
  lastError: string | undefined;
  /** Why the job can't go on. */
  failureReason: string | undefined;
  state: readonly StateFacts[] = [];
  readonly #waiting = new Map<number, BatchInfo>();
  readonly #running = new Map<number, BatchInfo>();
  readonly #ended: BatchInfo[] = [];
  readonly #stalls = new Map<string, BatchStall>();
  readonly #receivers = new Map<number, ReceiverInfo>();
  readonly #recordsByStream = new Map<number, number>();
  readonly #offsets = new Map<string, PartitionOffset>();
  readonly #topicOffsets = new Map<string, TopicOffset>();

  get batchesWaiting(): number {
    return this.#waiting.size;
  }

  /** Batches that are planned and wait for their turn, oldest first. */
  get waiting(): readonly BatchInfo[] {
    return [...this.#waiting.values()];
  }

  /** Batches that run, with their outputs as they are now. */
  get running(): readonly BatchInfo[] {
    return [...this.#running.values()];
  }

  /** The last batches that have ended, oldest first; at most 1,000. */
  get ended(): readonly BatchInfo[] {
    return this.#ended;
  }

  /** Those that were committed. */
  get completed(): readonly BatchInfo[] {
    return this.#ended.filter(({ failureReason }) => failureReason === undefined);
  }

  get receivers(): readonly ReceiverInfo[] {
    return [...this.#receivers.values()];
  }

  /** Records of all committed batches, by stream id. */
  get recordsByStream(): ReadonlyMap<number, number> {
    return this.#recordsByStream;
  }

  /** Where the last committed batch left Kafka's partitions, but for streams of more than 1,000. */
  get offsets(): readonly PartitionOffset[] {
    return [...this.#offsets.values()];
  }

  /** The same, as sums, of streams of more than 1,000. */
  get topicOffsets(): readonly TopicOffset[] {
    return [...this.#topicOffsets.values()];
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
    this.failureReason = reason;
  }

  onBatchSubmitted({ batchInfo }: EventOf<"onBatchSubmitted">): void {
    this.#waiting.set(batchInfo.batchTime, batchInfo);
    this.lag = batchInfo.lag;
  }

  onBatchStarted({ batchInfo }: EventOf<"onBatchStarted">): void {
    this.#waiting.delete(batchInfo.batchTime);
    this.#running.set(batchInfo.batchTime, batchInfo);
  }

  onBatchDropped({ batchTime }: EventOf<"onBatchDropped">): void {
    this.#waiting.delete(batchTime);
  }

  onBatchRetried({ reason }: EventOf<"onBatchRetried">): void {
    this.batchRetries++;
    this.lastError = reason;
  }

  onOutputOperationStarted({ outputOperationInfo }: EventOf<"onOutputOperationStarted">): void {
    this.#noteOutput(outputOperationInfo);
  }

  onOutputOperationCompleted({ outputOperationInfo }: EventOf<"onOutputOperationCompleted">): void {
    this.#noteOutput(outputOperationInfo);
  }

  onBatchCompleted({ batchInfo }: EventOf<"onBatchCompleted">): void {
    const { batchTime, facts, failureReason } = batchInfo;
    this.state = facts?.state ?? this.state;
    this.#running.delete(batchTime);
    if (failureReason === undefined) this.#count(batchInfo);
    else this.batchesFailed++;
    this.#ended.push(batchInfo);
    if (this.#ended.length > maxBatches) this.#ended.shift();
    this.#shorten(this.#ended.length - 1 - maxDetailed);
  }

  onBatchStalled({ stall }: EventOf<"onBatchStalled">): void {
    this.#stalls.set(idOf(stall), stall);
  }

  onStallEnded({ stall }: EventOf<"onStallEnded">): void {
    this.#stalls.delete(idOf(stall));
  }

  onReceiverStarted({ receiverInfo }: EventOf<"onReceiverStarted">): void {
    this.#receivers.set(receiverInfo.streamId, receiverInfo);
  }

  onReceiverError({ receiverInfo }: EventOf<"onReceiverError">): void {
    this.#receiverFailed(receiverInfo);
  }

  onReceiverStopped({ receiverInfo }: EventOf<"onReceiverStopped">): void {
    this.#receiverFailed(receiverInfo);
  }

  #receiverFailed(receiver: ReceiverInfo): void {
    this.#receivers.set(receiver.streamId, receiver);
    this.lastError = receiver.lastErrorMessage ?? this.lastError;
  }

  #noteOutput(output: OutputOperationInfo): void {
    const batch = this.#running.get(output.batchTime);
    if (batch === undefined) return;
    const outputOperationInfos = new Map(batch.outputOperationInfos).set(output.id, output);
    this.#running.set(output.batchTime, { ...batch, outputOperationInfos });
  }

  #count({ numRecords, facts, streamIdToInputInfo }: BatchInfo): void {
    this.batchesCompleted++;
    this.recordsProcessed += numRecords;
    for (const { offsetsSkipped } of facts?.sources ?? []) this.offsetsSkipped += offsetsSkipped;
    for (const [streamId, input] of streamIdToInputInfo) {
      this.#recordsByStream.set(streamId, (this.#recordsByStream.get(streamId) ?? 0) + input.numRecords);
      this.#noteOffsets(streamId, input.offsetRanges);
    }
  }

  #noteOffsets(streamId: number, ranges: readonly OffsetRange[]): void {
    if (ranges.length > maxPartitions) {
      const sums = new Map<string, number>();
      for (const { topic, untilOffset } of ranges) sums.set(topic, (sums.get(topic) ?? 0) + untilOffset);
      for (const [topic, offset] of sums) this.#topicOffsets.set(`${streamId} ${topic}`, { streamId, topic, offset });
      return;
    }
    for (const { topic, partition, untilOffset: offset } of ranges) {
      this.#offsets.set(`${streamId} ${topic} ${partition}`, { streamId, topic, partition, offset });
    }
  }

  #shorten(index: number): void {
    const batch = this.#ended[index];
    if (batch === undefined) return;
    const inputs = [...batch.streamIdToInputInfo].map(
      ([id, { numRecords }]) => [id, { numRecords, offsetRanges: [] }] as const,
    );
    this.#ended[index] = {
      ...batch,
      streamIdToInputInfo: new Map(inputs),
      ...(batch.facts !== undefined && { facts: withoutDetails(batch.facts) }),
    };
  }
}

const idOf = ({ batchTime, since }: BatchStall): string => `${batchTime} ${since}`;
