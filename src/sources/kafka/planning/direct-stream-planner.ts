import { DStreamError } from "../../../errors/dstream-error.ts";
import { type Operator, operatorText } from "../../../errors/user-code/user-function-failed.ts";
import { KafkaClient, type OffsetAt } from "../../../kafka/client/kafka-client.ts";
import type {
  KafkaSourceOptions,
  NullValues,
  OffsetRange,
  PlannedRange,
  TopicPartition,
} from "../../../kafka/types.ts";
import type { JobLog } from "../../../runtime/log/job-log.ts";
import type { Machine } from "../../../runtime/machine/machine.ts";
import { positionLeft } from "../../left-positions.ts";
import { partitionLimits } from "../../rate/partition-limits.ts";
import type { LeftPosition } from "../../source-driver.ts";
import { checkPlannedRanges } from "./check-ranges.ts";
import { checkStartPartitions } from "./check-start.ts";
import type { GroupClaims, GroupUser } from "./group-claims.ts";
import { GroupOffsets } from "./group-offsets.ts";
import { checkLeaders, LogCheck, type LogEnd, type LogPosition } from "./log-check.ts";
import { isSavedRanges, noRanges, type SavedRanges } from "./saved-ranges.ts";

export interface PlannerSettings {
  readonly appName: string;
  /** The stream, as the program knows it. */
  readonly stream: Operator;
  /** Of the job, for all of its streams. */
  readonly groups: GroupClaims;
  /** Whether the job goes on from a checkpoint, whatever `startingOffsets` says. */
  readonly isCheckpointed: boolean;
  /** Milliseconds. */
  readonly batchInterval: number;
  /** Records a second that the stream may give as a whole; undefined: no limit. */
  readonly rate: () => number | undefined;
  readonly log: JobLog;
  readonly machine: Machine;
}

type Options = KafkaSourceOptions<unknown, unknown, NullValues>;
type Position = LogPosition;

/** How often, in batch time, new partitions and topics are looked for. */
const discoveryIntervalMs = 5_000;

/**
 * Decides which offsets belong to which batch. Positions begin, in this order of preference, where the checkpoint left off, at
 * `startingOffsets`, the group's committed offsets, `autoOffsetReset`; a partition found while the job runs begins at its
 * start, since nothing of it was there before. Each batch goes on where the last one ended.
 */
export class DirectStreamPlanner {
  readonly #options: Options;
  readonly #groupId: string;
  readonly #batchSeconds: number;
  readonly #rate: () => number | undefined;
  readonly #client: KafkaClient;
  readonly #groupOffsets: GroupOffsets;
  readonly #positions: Position[] = [];
  readonly #topicIds = new Map<string, string>();
  readonly #logCheck: LogCheck;
  /** Partitions whose logs have lost records that were planned before a restart. */
  readonly #truncated = new Set<string>();
  readonly #groups: GroupClaims;
  readonly #isCheckpointed: boolean;
  readonly #groupUser: GroupUser;
  /** Whether the group's offsets are this stream's: it begins at them, or commits them. */
  #usesGroup: boolean;
  #discoveredAt: number | undefined;

  constructor(options: Options, settings: PlannerSettings) {
    const { appName, batchInterval, rate, stream, groups, log, machine } = settings;
    const { startingOffsets = "group", commitOffsets = true } = options;
    this.#options = options;
    this.#groupId = options.groupId ?? appName;
    this.#groups = groups;
    this.#isCheckpointed = settings.isCheckpointed;
    this.#groupUser = { group: this.#groupId, stream, topicIds: this.#topicIds };
    this.#usesGroup = commitOffsets || startingOffsets === "group" || Array.isArray(startingOffsets);
    this.#batchSeconds = batchInterval / 1_000;
    this.#rate = rate;
    this.#client = new KafkaClient({ ...options, brokers: options.brokers ?? [] }, machine);
    this.#logCheck = new LogCheck(this.#client, options, log);
    this.#groupOffsets = new GroupOffsets(options, this.#groupId, log, machine);
  }

  /**
   * Finds partitions and where to begin, behind the ranges that a checkpoint has; returns how many there are.
   *
   * @throws TOPIC_NOT_FOUND, OFFSET_OUT_OF_RANGE, LOG_TRUNCATED, BROKER_UNREACHABLE, POSITION_GIVEN_UP; INVALID_OPTION for `startingOffsets` of partitions that are
   * not read, and for a group that another stream of the job uses for the same partitions.
   */
  async start(saved?: SavedRanges, left: readonly LeftPosition[] = []): Promise<number> {
    const { ranges, topicIds } = saved ?? noRanges;
    const { partitions, ids } = await this.#subscribed();
    this.#noteIds(ids);
    this.#checkLeft(partitions, ranges, left);
    if (saved === undefined) this.#checkStartNames(partitions);
    if (this.#usesGroup) this.#groups.claim(this.#groupUser, partitions);
    const resumed = await this.#resumedPositions(partitions, ranges);
    for (const position of resumed) {
      if (!this.#isAnother(position.topic, topicIds)) continue;
      position.offset = await this.#lost(position, madeAnew);
      position.leaderEpoch = undefined;
    }
    const known = new Set(resumed.map(idOf));
    const others = partitions.filter((partition) => !known.has(idOf(partition)));
    this.#positions.push(...(await this.#checkStart([...resumed, ...(await this.#startPositions(others))])));
    return partitions.length;
  }

  reads(partition: TopicPartition): boolean {
    const id = idOf(partition);
    return this.#positions.some((position) => idOf(position) === id);
  }

  /** From now on the group's offsets are this stream's, if they were not before. @throws as `start` */
  useGroup(): void {
    if (this.#usesGroup) return;
    this.#usesGroup = true;
    this.#groups.claim(this.#groupUser, this.#positions);
  }

  /** Those of the ranges planned before a restart that are this stream's, as far as their records are still there. Called behind `start`. */
  async again({ ranges, topicIds }: SavedRanges): Promise<readonly PlannedRange[]> {
    const positions = new Map(this.#positions.map((position) => [idOf(position), position]));
    const own = ranges.filter((range) => positions.has(idOf(range)));
    const latest = await this.#offsets(own, "latest");
    const present: PlannedRange[] = [];
    for (const range of own) {
      const { topic, partition, untilOffset } = range;
      const position = positions.get(idOf(range)) as Position;
      if (this.#truncated.has(idOf(range))) present.push(whatIsLeft(range, position));
      else if (!this.#isAnother(topic, topicIds) && untilOffset <= (latest.get(idOf(range)) ?? 0)) present.push(range);
      else present.push({ topic, partition, fromOffset: position.offset, untilOffset: position.offset });
    }
    return checkPlannedRanges(await this.#overtaken(present));
  }

  /** What a checkpoint has to keep of ranges that were planned. */
  saved(ranges: readonly PlannedRange[]): SavedRanges {
    return { ranges, topicIds: Object.fromEntries(this.#topicIds) };
  }

  /** The group in whose name the stream reads. */
  get groupId(): string {
    return this.#groupId;
  }

  /** The batch of `time`: a range of every partition, empty where nothing is new, and how many records wait after each. */
  async plan(time: number): Promise<{ readonly ranges: readonly PlannedRange[]; readonly lags: readonly number[] }> {
    this.#discoveredAt ??= time;
    if (time - this.#discoveredAt >= discoveryIntervalMs) {
      await this.#discover();
      this.#discoveredAt = time;
    }
    const endOf = await this.#checkedEnds();
    const present: PlannedRange[] = [];
    for (const position of this.#positions) {
      const { topic, partition } = position;
      const { offset: end, leaderEpoch } = endOf(position) ?? position;
      const fromOffset = end < position.offset ? await this.#outOfRange(position) : position.offset;
      present.push({
        topic,
        partition,
        fromOffset,
        untilOffset: Math.max(fromOffset, end),
        ...knownEpoch(leaderEpoch),
      });
    }
    const planned = checkPlannedRanges(await this.#overtaken(this.#limited(present)));
    // Not before everything is known: a plan that fails is made again from where the last one ended.
    for (const [i, { untilOffset, leaderEpoch }] of planned.entries()) {
      Object.assign(this.#positions[i] as Position, { offset: untilOffset, leaderEpoch });
    }
    const lags = planned.map(({ untilOffset }, i) =>
      Math.max(0, (present[i] as OffsetRange).untilOffset - untilOffset),
    );
    return { ranges: planned, lags };
  }

  /** Has the ends of ranges committed as the group's offsets, in the background. */
  commit(ranges: readonly PlannedRange[]): void {
    this.#groupOffsets.commit(ranges);
  }

  /** Resolves when what `commit` was told is committed, or has taken too long. */
  settled(): Promise<void> {
    return this.#groupOffsets.settled();
  }

  async stop(): Promise<void> {
    await this.#client.close();
    await this.#groupOffsets.close();
  }

  /** The partitions that there are now, each once, however often the program names it, as Kafka's consumers have it; and the ids of their topics. */
  async #subscribed(): Promise<{ readonly partitions: TopicPartition[]; readonly ids: SavedRanges["topicIds"] }> {
    const options = this.#options as {
      topics?: readonly string[];
      topicPattern?: RegExp;
      assign?: readonly TopicPartition[];
    };
    if (options.assign !== undefined) {
      for (const { topic, partition } of options.assign) await this.#client.leaderOf(topic, partition);
      const assigned = options.assign.map(({ topic, partition }) => ({ topic, partition }));
      const partitions = [...new Map(assigned.map((partition) => [idOf(partition), partition])).values()];
      return { partitions, ids: await this.#idsOf(partitions.map(({ topic }) => topic)) };
    }
    const topics = [...new Set(options.topics ?? (await this.#client.topics(options.topicPattern)))];
    await this.#client.refreshMetadata(topics);
    const ids = await this.#idsOf(topics);
    const counts = await Promise.all(
      topics.map(async (topic) => ({ topic, count: await this.#client.partitionCount(topic) })),
    );
    const partitions = counts.flatMap(({ topic, count }) =>
      Array.from({ length: count }, (_, partition) => ({ topic, partition })),
    );
    return { partitions, ids };
  }

  async #idsOf(topics: readonly string[]): Promise<SavedRanges["topicIds"]> {
    const ids: [string, string][] = [];
    for (const topic of topics) ids.push([topic, await this.#client.topicId(topic)]);
    return Object.fromEntries(ids);
  }

  #noteIds(ids: SavedRanges["topicIds"]): void {
    for (const [topic, id] of Object.entries(ids)) this.#topicIds.set(topic, id);
  }

  /** Whether a topic has another id than among these. */
  #isAnother(topic: string, ids: SavedRanges["topicIds"]): boolean {
    return ids[topic] !== undefined && ids[topic] !== this.#topicIds.get(topic);
  }

  async #discover(): Promise<void> {
    const known = new Set(this.#positions.map(idOf));
    const { partitions, ids } = await this.#subscribed();
    const found = partitions.filter((partition) => !known.has(idOf(partition)));
    const moved = new Map<Position, number>();
    for (const position of this.#positions) {
      if (this.#isAnother(position.topic, ids)) moved.set(position, await this.#lost(position, madeAnew));
    }
    const earliest = await this.#offsets(found, "earliest");
    // Not before everything is known: what has changed must be seen again when a look at it fails.
    this.#noteIds(ids);
    if (this.#usesGroup) this.#groups.claim(this.#groupUser, found);
    for (const [position, offset] of moved) Object.assign(position, { offset, leaderEpoch: undefined });
    for (const partition of found) this.#positions.push({ ...partition, offset: earliest.get(idOf(partition)) ?? 0 });
  }

  /** Positions of streams that were given up are nobody's, until the program says whose. @throws POSITION_GIVEN_UP */
  #checkLeft(partitions: readonly TopicPartition[], own: readonly OffsetRange[], left: readonly LeftPosition[]): void {
    const known = new Set(own.map(idOf));
    const begun = new Set(partitions.map(idOf).filter((id) => !known.has(id)));
    for (const { name, saved } of left) {
      const range = isSavedRanges(saved) ? saved.ranges.find((candidate) => begun.has(idOf(candidate))) : undefined;
      if (range === undefined) continue;
      const where = `${idOf(range)} (offset ${range.untilOffset})`;
      throw positionLeft(operatorText(this.#groupUser.stream), name, where);
    }
  }

  #checkStartNames(partitions: readonly TopicPartition[]): void {
    const { startingOffsets } = this.#options;
    if (!Array.isArray(startingOffsets)) return;
    const topics = [...new Set(partitions.map(({ topic }) => topic))];
    checkStartPartitions(startingOffsets as readonly Position[], { topics, partitions });
  }

  /** Positions of the topics that a checkpoint knows. A partition that came since then begins at its start. */
  async #resumedPositions(partitions: readonly TopicPartition[], saved: readonly PlannedRange[]): Promise<Position[]> {
    const offsets = new Map(saved.map((range) => [idOf(range), range.untilOffset]));
    const epochs = new Map(saved.map((range) => [idOf(range), range.leaderEpoch]));
    const topics = new Set(saved.map(({ topic }) => topic));
    const present = partitions.filter(({ topic }) => topics.has(topic));
    const earliest = await this.#offsets(
      present.filter((partition) => !offsets.has(idOf(partition))),
      "earliest",
    );
    return present.map((partition) => {
      const offset = offsets.get(idOf(partition)) ?? earliest.get(idOf(partition)) ?? 0;
      return { ...partition, offset, ...knownEpoch(epochs.get(idOf(partition))) };
    });
  }

  async #startPositions(partitions: readonly TopicPartition[]): Promise<Position[]> {
    const { startingOffsets = "group", autoOffsetReset = "latest" } = this.#options;
    const chosen = new Map<string, number>();
    const epochs = new Map<string, number | undefined>();
    if (Array.isArray(startingOffsets)) {
      for (const position of startingOffsets as readonly Position[]) chosen.set(idOf(position), position.offset);
    } else if (startingOffsets !== "group") {
      for (const [id, offset] of await this.#offsets(partitions, startingOffsets as OffsetAt)) chosen.set(id, offset);
    }
    if (partitions.some((partition) => !chosen.has(idOf(partition)))) {
      for (const position of await this.#client.committedOffsets(this.#groupId)) {
        if (chosen.has(idOf(position))) continue;
        chosen.set(idOf(position), position.offset);
        epochs.set(idOf(position), position.leaderEpoch);
      }
    }
    const missing = partitions.filter((partition) => !chosen.has(idOf(partition)));
    if (missing[0] !== undefined && autoOffsetReset === "none") {
      const { topic, partition } = missing[0];
      const text = `group "${this.#groupId}" has no offset for ${topic}-${partition} and autoOffsetReset is "none"; set startingOffsets or autoOffsetReset`;
      throw new DStreamError("OFFSET_OUT_OF_RANGE", text, { data: { topic, partition, option: "autoOffsetReset" } });
    }
    if (missing.length > 0 && autoOffsetReset !== "none") {
      for (const [id, offset] of await this.#offsets(missing, autoOffsetReset)) chosen.set(id, offset);
    }
    return partitions.map((partition) => {
      return { ...partition, offset: chosen.get(idOf(partition)) ?? 0, ...knownEpoch(epochs.get(idOf(partition))) };
    });
  }

  async #checkStart(positions: Position[]): Promise<Position[]> {
    const [earliest, endOf] = await Promise.all([this.#offsets(positions, "earliest"), this.#ends(positions)]);
    for (const truncation of await this.#logCheck.check(positions, endOf)) this.#truncated.add(idOf(truncation));
    for (const position of positions) {
      const [first, last] = [earliest.get(idOf(position)) ?? 0, endOf(position)?.offset ?? 0];
      if (position.offset < first || position.offset > last) position.offset = await this.#outOfRange(position);
    }
    return positions;
  }

  /** The ends of the logs in which the positions are. @throws LOG_TRUNCATED */
  async #checkedEnds(): Promise<(position: Position) => LogEnd | undefined> {
    let endOf = await this.#ends(this.#positions);
    if (this.#positions.some((position) => isBefore(endOf(position), position))) {
      // Either it leads no more, or the topic was made anew.
      await this.#discover();
      endOf = await this.#ends(this.#positions);
      checkLeaders(this.#positions, endOf);
    }
    await this.#logCheck.check(this.#positions, endOf);
    return endOf;
  }

  async #ends(positions: readonly Position[]): Promise<(position: Position) => LogEnd | undefined> {
    if (positions.length === 0) return () => undefined;
    const listed = await this.#client.listOffsets(
      positions,
      "latest",
      this.#options.isolationLevel ?? "read_committed",
    );
    const ends = new Map(listed.map((end) => [idOf(end), end]));
    return (position) => ends.get(idOf(position));
  }

  /** Offsets that the log's start has overtaken are moved as the policy says. */
  async #overtaken(ranges: PlannedRange[]): Promise<PlannedRange[]> {
    const withRecords = ranges.filter((range) => range.fromOffset < range.untilOffset);
    if (withRecords.length === 0) return ranges;
    const earliest = await this.#offsets(withRecords, "earliest");
    return Promise.all(
      ranges.map(async (range) => {
        const first = earliest.get(idOf(range)) ?? 0;
        if (first <= range.fromOffset || range.fromOffset === range.untilOffset) return range;
        const fromOffset = await this.#outOfRange({ ...range, offset: range.fromOffset });
        return { ...range, fromOffset, untilOffset: Math.max(fromOffset, range.untilOffset) };
      }),
    );
  }

  async #outOfRange(position: Position): Promise<number> {
    return this.#lost(position, (first, last) => `is not in the log, which has ${first} to ${last}`);
  }

  /** Where to go on when the records behind a position are gone. @throws OFFSET_OUT_OF_RANGE unless `onOffsetOutOfRange` says where. */
  async #lost({ topic, partition, offset }: Position, why: (first: number, last: number) => string): Promise<number> {
    const at = [{ topic, partition }];
    const id = idOf({ topic, partition });
    const earliest = (await this.#offsets(at, "earliest")).get(id) ?? 0;
    const latest = (await this.#offsets(at, "latest")).get(id) ?? 0;
    const policy = this.#options.onOffsetOutOfRange ?? "fail";
    if (policy !== "fail") return policy === "earliest" ? earliest : latest;
    // Behind its first batch a job with a checkpoint has no use for it.
    const other = this.#isCheckpointed ? "" : ", or startingOffsets";
    const text = `offset ${offset} of ${topic}-${partition} ${why(earliest, latest)}; choose onOffsetOutOfRange "earliest" or "latest"${other}`;
    throw new DStreamError("OFFSET_OUT_OF_RANGE", text, {
      data: { topic, partition, offset, earliest, latest, option: "onOffsetOutOfRange" },
    });
  }

  async #offsets(partitions: readonly TopicPartition[], at: OffsetAt): Promise<Map<string, number>> {
    if (partitions.length === 0) return new Map();
    const isolation = this.#options.isolationLevel ?? "read_committed";
    const listed = await this.#client.listOffsets(partitions, at, isolation);
    const late = listed.filter(({ offset }) => offset < 0);
    // No record is as young as the time stamp: begin at the end.
    const ends = late.length === 0 ? [] : await this.#client.listOffsets(late, "latest", isolation);
    return new Map([...listed, ...ends].map((entry) => [idOf(entry), entry.offset]));
  }

  /** What of the ranges a batch may take. */
  #limited(ranges: readonly PlannedRange[]): PlannedRange[] {
    const { maxRatePerPartition, minRatePerPartition } = this.#options;
    const lags = ranges.map((range) => ({ ...range, lag: range.untilOffset - range.fromOffset }));
    const rates = { rate: this.#rate(), maxRatePerPartition, minRatePerPartition, batchSeconds: this.#batchSeconds };
    const limits = partitionLimits(lags, rates);
    return ranges.map((range, i) => {
      return { ...range, untilOffset: Math.min(range.untilOffset, range.fromOffset + (limits[i] as number)) };
    });
  }
}

const madeAnew = (first: number, last: number): string =>
  `is of a topic that was deleted and made anew, which has ${first} to ${last}`;

/** What is left of a range that was planned before its log was truncated: up to where the stream goes on. */
function whatIsLeft({ topic, partition, fromOffset, untilOffset }: PlannedRange, { offset }: Position): PlannedRange {
  return { topic, partition, fromOffset: Math.min(fromOffset, offset), untilOffset: Math.min(untilOffset, offset) };
}

function isBefore(end: LogEnd | undefined, { leaderEpoch = -1 }: Position): boolean {
  return end !== undefined && end.leaderEpoch >= 0 && end.leaderEpoch < leaderEpoch;
}

/** An epoch as ranges and positions have it. */
function knownEpoch(leaderEpoch: number | undefined): { readonly leaderEpoch?: number } {
  return leaderEpoch === undefined || leaderEpoch < 0 ? {} : { leaderEpoch };
}

function idOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}
