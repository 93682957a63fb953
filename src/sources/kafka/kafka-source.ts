import type {
  KafkaSourceOptions,
  NullValues,
  OffsetRange,
  PartitionLag,
  PlannedRange,
  TopicPartition,
} from "../../kafka/types.ts";
import type { Resume, SourceBatch, SourceDriver } from "../source-driver.ts";
import { DirectStreamPlanner, type PlannerSettings } from "./planning/direct-stream-planner.ts";
import { isSavedRanges, savedRangesOf } from "./planning/saved-ranges.ts";

export interface KafkaSourceSettings extends PlannerSettings {
  /** Ranges that the program asked to commit; emptied with each batch. */
  readonly pending: OffsetRange[];
}

/** Of more partitions only the sums of their topics are told. */
const maxPartitions = 1_000;

/** The driver's side of a direct stream: a range of each partition for each batch, and the group's offsets behind it. */
export class KafkaSource implements SourceDriver {
  readonly nodeId: number;
  readonly #planner: DirectStreamPlanner;
  readonly #commitsOffsets: boolean;
  readonly #pending: OffsetRange[];

  constructor(
    nodeId: number,
    options: KafkaSourceOptions<unknown, unknown, NullValues>,
    { pending, ...settings }: KafkaSourceSettings,
  ) {
    this.nodeId = nodeId;
    this.#planner = new DirectStreamPlanner(options, settings);
    this.#commitsOffsets = options.commitOffsets ?? true;
    this.#pending = pending;
  }

  start(_slots: number, resume: Resume | undefined): Promise<number> {
    return this.#planner.start(resume && savedRangesOf(resume), resume?.left);
  }

  leftOver(saved: unknown): unknown {
    if (!isSavedRanges(saved)) return saved;
    const ranges = saved.ranges.filter((range) => !this.#planner.reads(range));
    return ranges.length === 0 ? undefined : { ...saved, ranges };
  }

  async plan(time: number): Promise<SourceBatch> {
    const { ranges, lags } = await this.#planner.plan(time);
    const lag = lags.reduce((sum, of) => sum + of, 0);
    return { ...this.#batch(ranges), lag, lags: lagsOf(ranges, lags) };
  }

  /** The same ranges again; only where retention took their records does the stream's policy decide. */
  async again(_time: number, planned: Resume): Promise<SourceBatch> {
    return this.#batch(await this.#planner.again(savedRangesOf(planned)));
  }

  #batch(ranges: readonly PlannedRange[]): SourceBatch {
    const numRecords = ranges.reduce((sum, range) => sum + range.untilOffset - range.fromOffset, 0);
    const inputs = ranges.map(
      (range, partition) => ({ kind: "kafka", source: this.nodeId, partition, range }) as const,
    );
    const offsetRanges = ranges.map(({ leaderEpoch: _, ...range }) => range);
    const { groupId } = this.#planner;
    return { inputs, numRecords, offsetRanges, groupId, saved: this.#planner.saved(ranges) };
  }

  async committed({ inputs }: SourceBatch): Promise<void> {
    const asked = this.#pending.splice(0);
    if (asked.length > 0) this.#planner.useGroup();
    const planned = inputs.flatMap((input) => (input.kind === "kafka" ? [input.range] : []));
    const ranges = this.#commitsOffsets ? [...planned, ...asked] : asked;
    if (ranges.length > 0) this.#planner.commit(ranges);
  }

  settled(): Promise<void> {
    return this.#planner.settled();
  }

  async drain(): Promise<boolean> {
    return false;
  }

  stop(): Promise<void> {
    return this.#planner.stop();
  }
}

/** `lags` of the partitions, in their order. */
function lagsOf(partitions: readonly TopicPartition[], lags: readonly number[]): PartitionLag[] {
  const known = partitions.map(({ topic, partition }, i) => ({ topic, partition, lag: lags[i] as number }));
  if (known.length <= maxPartitions) return known;
  const sums = [...Map.groupBy(known, ({ topic }) => topic)].map(([topic, all]) => {
    return { topic, lag: all.reduce((sum, { lag }) => sum + lag, 0) };
  });
  // There may be more topics than that, too: then the sum of all of them has to do.
  return sums.length <= maxPartitions ? sums : [];
}
