import type { OffsetRange, PartitionLag } from "../kafka/types.ts";
import type { StateFacts } from "./facts/batch-facts.ts";
import { withoutDetails } from "./facts/merge-task-facts.ts";
import type {
  BatchInfo,
  BatchStall,
  OutputOperationInfo,
  ReceiverInfo,
  StreamInputInfo,
  StreamingListener,
} from "./streaming-listener.ts";

/** As Spark's spark.streaming.ui.retainedBatches. */
const maxBatches = 1_000;
/** Of so many batches also what is known of each task and partition. */
const maxDetailed = 20;
/** Streams with more partitions are known by their sums only. */
const maxPartitions = 1_000;

type EventOf<N extends keyof StreamingListener> = Parameters<NonNullable<StreamingListener[N]>>[0];

/** Where a stream stands in a partition of a topic, or of a stream with more than 1,000 partitions in a topic as a whole. */
export interface PartitionOffset {
  readonly streamId: number;
  readonly topic: string;
  /** Undefined: all of the topic. */
  readonly partition: number | undefined;
  /** The next record to read; of a whole topic the sum. */
  readonly offset: number;
}

/** What a stream had not planned of a partition, or topic, when the last batch was. */
export interface StreamLag extends PartitionLag {
  readonly streamId: number;
  readonly groupId: string;
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
  /** Of the last committed batch, by stream id. */
  readonly #read = new Map<number, StreamInputInfo>();
  /** Of the last planned batch. */
  #planned: BatchInfo["streamIdToInputInfo"] = new Map();

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

  /** Where the last committed batch left Kafka's partitions. */
  get offsets(): readonly PartitionOffset[] {
    return [...this.#read].flatMap(([streamId, { offsetRanges }]) => {
      return positionsAfter(offsetRanges).map((position) => ({ streamId, ...position }));
    });
  }

  /** What the last batch that was planned left of Kafka's partitions; of one planned before a restart it is not known. */
  get lags(): readonly StreamLag[] {
    return [...this.#planned].flatMap(([streamId, { groupId = "", lags = [] }]) => {
      return lags.map((lag) => ({ streamId, groupId, ...lag }));
    });
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
    this.#planned = batchInfo.streamIdToInputInfo;
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
      this.#read.set(streamId, input);
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

/** Of more partitions than 1,000 their sums by topic; of so many topics nothing. */
function positionsAfter(ranges: readonly OffsetRange[]): Omit<PartitionOffset, "streamId">[] {
  const all = ranges.map(({ topic, partition, untilOffset: offset }) => ({ topic, partition, offset }));
  if (all.length <= maxPartitions) return all;
  const sums = [...Map.groupBy(all, ({ topic }) => topic)].map(([topic, some]) => {
    return { topic, partition: undefined, offset: some.reduce((sum, { offset }) => sum + offset, 0) };
  });
  return sums.length <= maxPartitions ? sums : [];
}

const idOf = ({ batchTime, since }: BatchStall): string => `${batchTime} ${since}`;
