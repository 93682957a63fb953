import { kafkaErrors } from "../../../kafka/protocol/kafka-error-codes.ts";
import { readTopics, writeTopics } from "../../../kafka/protocol/topic-partitions.ts";
import type { PartitionLog } from "../../log/partition-log.ts";
import type { Handler } from "../handler.ts";
import { leaderProblem } from "./leader-epoch.ts";

const latest = -1;
const earliest = -2;
const youngest = -3;
const youngestFromVersion = 7;

interface PartitionAsk {
  readonly partition: number;
  readonly believedEpoch: number;
  readonly timestamp: number;
}

interface Found {
  readonly errorCode: number;
  readonly timestamp: number;
  readonly offset: number;
  /** Of the record at the offset; −1: not known. */
  readonly leaderEpoch: number;
}

const nothing: Found = { errorCode: 0, timestamp: -1, offset: -1, leaderEpoch: -1 };

export const listOffsets: Handler = ({ broker, reader, writer, version }) => {
  reader.int32();
  const isCommitted = version >= 2 && reader.int8() === 1;
  const topics = readTopics(reader, (): PartitionAsk => {
    const partition = reader.int32();
    const believedEpoch = version >= 4 ? reader.int32() : -1;
    const timestamp = reader.int64();
    reader.tags();
    return { partition, believedEpoch, timestamp };
  });
  reader.tags();
  const results = topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map((asked) => {
      const log = broker.topics.partition(topic, asked.partition);
      const isTwice = partitions.some((other) => other !== asked && other.partition === asked.partition);
      const found = isTwice
        ? { ...nothing, errorCode: kafkaErrors.INVALID_REQUEST.code }
        : find(log, asked, isCommitted, version);
      return { partition: asked.partition, ...found };
    }),
  }));
  if (version >= 2) writer.int32(0);
  writeTopics(writer, results, ({ partition, errorCode, timestamp, offset, leaderEpoch }) => {
    writer.int32(partition).int16(errorCode).int64(timestamp).int64(offset);
    if (version >= 4) writer.int32(leaderEpoch);
    writer.tags();
  });
  writer.tags();
  return undefined;
};

function find(
  log: PartitionLog | undefined,
  { timestamp, believedEpoch }: PartitionAsk,
  isCommitted: boolean,
  version: number,
): Found {
  if (log === undefined) return { ...nothing, errorCode: kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code };
  const errorCode = leaderProblem(believedEpoch, log);
  if (errorCode !== 0) return { ...nothing, errorCode };
  const end = isCommitted ? log.lastStableOffset : log.highWatermark;
  const untold = hasCaughtUp(log) ? undefined : { ...nothing, errorCode: notAvailable(version) };
  if (timestamp === latest) return untold ?? { ...nothing, offset: end, leaderEpoch: log.leaderEpoch };
  if (timestamp === earliest) return { ...nothing, offset: log.startOffset, leaderEpoch: firstEpoch(log) };
  if (timestamp < youngest || (timestamp === youngest && version < youngestFromVersion))
    return { ...nothing, errorCode: kafkaErrors.UNSUPPORTED_VERSION.code };
  try {
    const found = timestamp === youngest ? log.youngest() : log.offsetAt(timestamp);
    return found === undefined || found.offset >= end ? (untold ?? nothing) : { errorCode: 0, ...found };
  } catch {
    return { ...nothing, errorCode: kafkaErrors.KAFKA_STORAGE_ERROR.code };
  }
}

/** A new leader does not know yet how far the one before had come: what it would say might be less than others were told. */
function hasCaughtUp({ highWatermark, epochs }: PartitionLog): boolean {
  return highWatermark >= (epochs.all.at(-1)?.startOffset ?? 0);
}

function notAvailable(version: number): number {
  return (version >= 5 ? kafkaErrors.OFFSET_NOT_AVAILABLE : kafkaErrors.LEADER_NOT_AVAILABLE).code;
}

/** The epoch of the log's first record, where it is known to be one. */
function firstEpoch({ epochs, startOffset }: PartitionLog): number {
  const [first] = epochs.all;
  return first !== undefined && first.startOffset <= startOffset ? first.epoch : -1;
}
