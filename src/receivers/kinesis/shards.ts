import { allHashKeys, type HashKeyRange } from "./hash-keys.ts";
import type { KinesisCalls, ShardAnswer } from "./kinesis-calls.ts";

/** A shard of a stream. A split or a merge closes shards, the parents, and opens others, their children. */
export interface Shard {
  readonly id: string;
  readonly parents: readonly string[];
  readonly isClosed: boolean;
  readonly hashKeys: HashKeyRange;
}

/** All shards that the stream has records of, or may get. @throws what the calls throw. */
export async function listShards(calls: KinesisCalls, streamName: string, abortSignal: AbortSignal): Promise<Shard[]> {
  const shards: Shard[] = [];
  let next: string | undefined;
  do {
    const request = next === undefined ? { StreamName: streamName } : { NextToken: next };
    const { Shards = [], NextToken } = await calls.listShards(request, { abortSignal });
    shards.push(...Shards.map(shardOf));
    next = NextToken;
  } while (next !== undefined);
  return shards;
}

function shardOf(answer: ShardAnswer): Shard {
  const { ShardId = "", ParentShardId, AdjacentParentShardId, HashKeyRange, SequenceNumberRange } = answer;
  const { StartingHashKey = allHashKeys.first, EndingHashKey = allHashKeys.last } = HashKeyRange ?? {};
  return {
    id: ShardId,
    parents: [ParentShardId, AdjacentParentShardId].filter((id) => id !== undefined),
    isClosed: SequenceNumberRange?.EndingSequenceNumber !== undefined,
    hashKeys: { first: BigInt(StartingHashKey), last: BigInt(EndingHashKey) },
  };
}

/**
 * The shards whose turn it is: a shard's records come after those of its parents, so it waits until these are read to their ends. Parents
 * that are no longer listed are older than the stream remembers.
 */
export function readableShards(shards: readonly Shard[], isEnded: (id: string) => boolean): Shard[] {
  const listed = new Set(shards.map(({ id }) => id));
  return shards.filter(({ id, parents }) => {
    return !isEnded(id) && parents.every((parent) => !listed.has(parent) || isEnded(parent));
  });
}
