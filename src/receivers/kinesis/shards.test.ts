import assert from "node:assert/strict";
import { test } from "node:test";
import { allHashKeys } from "./hash-keys.ts";
import type { KinesisCalls } from "./kinesis-calls.ts";
import { listShards, readableShards, type Shard } from "./shards.ts";

const shard = (id: string, ...parents: string[]): Shard => ({ id, parents, isClosed: false, hashKeys: allHashKeys });
const idsOf = (shards: readonly Shard[], ...ended: string[]): string[] =>
  readableShards(shards, (id) => ended.includes(id)).map(({ id }) => id);

test("a shard waits for both of its parents, and not for those that are no longer listed", () => {
  const shards = [shard("a"), shard("b", "gone"), shard("c", "a", "b"), shard("d", "c")];
  assert.deepEqual(idsOf(shards), ["a", "b"]);
  assert.deepEqual(idsOf(shards, "a"), ["b"]);
  assert.deepEqual(idsOf(shards, "a", "b"), ["c"]);
  assert.deepEqual(idsOf(shards, "a", "b", "c"), ["d"]);
  assert.deepEqual(idsOf(shards.slice(2)), ["c"]);
});

test("shards are listed page by page, with their parents, their hash keys and whether they are closed", async () => {
  const requests: unknown[] = [];
  const pages = [
    { Shards: [{ ShardId: "a", SequenceNumberRange: { EndingSequenceNumber: "9" } }], NextToken: "more" },
    {
      Shards: [
        {
          ...{ ShardId: "b", ParentShardId: "a", AdjacentParentShardId: "x", SequenceNumberRange: {} },
          HashKeyRange: { StartingHashKey: "3", EndingHashKey: "170141183460469231731687303715884105727" },
        },
      ],
    },
  ];
  const calls = {
    listShards: async (request: unknown) => {
      requests.push(request);
      return pages[requests.length - 1] ?? {};
    },
  } as unknown as KinesisCalls;
  assert.deepEqual(await listShards(calls, "orders", new AbortController().signal), [
    { id: "a", parents: [], isClosed: true, hashKeys: allHashKeys },
    { id: "b", parents: ["a", "x"], isClosed: false, hashKeys: { first: 3n, last: (1n << 127n) - 1n } },
  ]);
  assert.deepEqual(requests, [{ StreamName: "orders" }, { NextToken: "more" }]);
});
