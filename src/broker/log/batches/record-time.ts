import type { BatchHeader } from "../../../kafka/record-batch/batch-header.ts";
import { BatchReader } from "../../../kafka/record-batch/batch-reader.ts";

export interface TimestampedOffset {
  readonly offset: number;
  /** Epoch ms. */
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

/** What is in the log was let in by its topic's own bound. */
const maxDecompressedBytes = 2 ** 31 - 1;

/** The first record of a batch with a timestamp of at least `timestamp`, at `startOffset` or later. */
export function firstAsYoung(batch: Buffer, timestamp: number, startOffset: number): TimestampedOffset | undefined {
  for (const record of records(batch)) if (record.timestamp >= timestamp && record.offset >= startOffset) return record;
  return undefined;
}

/** The first record of a batch that has its largest timestamp. */
export function youngest(batch: Buffer): TimestampedOffset | undefined {
  let found: TimestampedOffset | undefined;
  for (const record of records(batch)) if (found === undefined || record.timestamp > found.timestamp) found = record;
  return found;
}

function* records(batch: Buffer): Generator<TimestampedOffset> {
  const reader = new BatchReader({ topic: "log", partition: 0 }, maxDecompressedBytes);
  const header = reader.header(batch, 0, batch.length) as BatchHeader;
  const { count, offsetDelta, timestampDelta } = reader.decode(batch, header);
  for (let i = 0; i < count; i++) {
    const timestamp =
      header.timestampType === "append" ? header.maxTimestamp : header.baseTimestamp + (timestampDelta[i] as number);
    yield {
      offset: header.baseOffset + (offsetDelta[i] as number),
      timestamp,
      leaderEpoch: header.partitionLeaderEpoch,
    };
  }
}
