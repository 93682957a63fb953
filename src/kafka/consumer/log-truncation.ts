// Whether a partition's log is still the one in which a position was found (KIP-320). A log can lose records at its end, when a replica
// that is behind is made leader or a disk is restored, and get others at the same offsets. Leaders are numbered, and a log tells where the
// records of each number end: where that is below the position, the records between are others now.
import { DStreamError } from "../../errors/dstream-error.ts";
import type { KafkaClient } from "../client/kafka-client.ts";
import type { TopicPartition } from "../types.ts";

/** An offset, all records before which were there under the leader of an epoch. */
export interface EpochPosition extends TopicPartition {
  readonly offset: number;
  readonly leaderEpoch: number;
}

/** A position whose log is another now. */
export interface Truncation extends EpochPosition {
  /** From where on the records are others; undefined where the log knows nothing of the position's epoch. */
  readonly partsAt: number | undefined;
}

/** Those of the positions whose logs have lost records before them. @throws TOPIC_NOT_FOUND, BROKER_UNREACHABLE */
export async function truncationsOf<P extends EpochPosition>(
  client: KafkaClient,
  positions: readonly P[],
): Promise<readonly (P & Truncation)[]> {
  if (positions.length === 0) return [];
  const ends = await client.epochEnds(positions);
  return positions.flatMap((position) => {
    const { topic, partition } = position;
    const end = ends.find((candidate) => candidate.topic === topic && candidate.partition === partition);
    if (end === undefined || end.endOffset >= position.offset) return [];
    return [{ ...position, partsAt: end.endOffset < 0 ? undefined : end.endOffset }];
  });
}

/** What happened, for people. */
export function describeTruncation({ topic, partition, offset, leaderEpoch, partsAt }: Truncation): string {
  const what =
    partsAt === undefined
      ? `it knows nothing of leader epoch ${leaderEpoch}, under which the records before offset ${offset} were there`
      : `the records from offset ${partsAt} up to ${offset} that were there under leader epoch ${leaderEpoch} are gone, and others may have their offsets`;
  return `the log of ${topic}-${partition} was truncated: ${what}`;
}

export function logTruncated(truncation: Truncation): DStreamError {
  const place = truncation.partsAt === undefined ? "the start of the log" : `offset ${truncation.partsAt}`;
  const text = `${describeTruncation(truncation)}; choose onLogTruncation "continue" to go on at ${place}`;
  return new DStreamError("LOG_TRUNCATED", text, { data: { ...truncation, option: "onLogTruncation" } });
}
