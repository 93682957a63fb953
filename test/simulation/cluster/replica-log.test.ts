import assert from "node:assert/strict";
import { test } from "node:test";
import { logConfig } from "../../../src/broker/topics/topic-config.ts";
import { BatchBuilder } from "../../../src/kafka/record-batch/batch-builder.ts";
import { thisMachine } from "../../../src/runtime/machine/machine.ts";
import { ReplicaLog } from "./replica-log.ts";

const nobody = { producerId: -1, producerEpoch: -1, baseSequence: -1, isTransactional: false };
const writer = { producerId: 7, producerEpoch: 0, isTransactional: true };

const emptyLog = (): ReplicaLog => new ReplicaLog(logConfig({}), thisMachine);

function append(log: ReplicaLog, value: string, producer: Parameters<BatchBuilder["finish"]>[0] = nobody): void {
  const batch = new BatchBuilder(1_000);
  batch.tryAppend(null, value, thisMachine.clock.now());
  assert.equal(log.append(batch.finish(producer)).errorCode, 0);
}

function copyInto(follower: ReplicaLog, leader: ReplicaLog): void {
  const read = leader.read(follower.endOffset, leader.endOffset, 1_000_000, true);
  if (read !== undefined) follower.take(read.batches);
}

test("a leader that was replaced is cut off where its log parts from the new leader's, by their epochs", () => {
  const [old, next] = [emptyLog(), emptyLog()];
  old.lead(0);
  for (const value of ["a", "b"]) append(old, value);
  copyInto(next, old);
  for (const value of ["lost", "lost too"]) append(old, value);
  next.lead(1);
  append(next, "c");
  old.follow(1);
  assert.deepEqual([old.endOffset, old.lastEpoch], [4, 0]);
  const parts = next.divergence(old.endOffset, old.lastEpoch);
  assert.deepEqual(parts, { epoch: 0, endOffset: 2 });
  assert.equal(old.commonEnd(parts), 2);
  const cut = old.recovered(2, thisMachine);
  assert.equal(next.divergence(cut.endOffset, cut.lastEpoch), undefined);
  copyInto(cut, next);
  assert.deepEqual([cut.endOffset, cut.lastEpoch, cut.epochs.all], [3, 1, next.epochs.all]);
});

test("an epoch without a record on both sides is found out in two steps", () => {
  const [old, next] = [emptyLog(), emptyLog()];
  old.lead(0);
  append(old, "a");
  copyInto(next, old);
  old.lead(1);
  append(old, "only here");
  next.lead(2);
  append(next, "b");
  const parts = next.divergence(old.endOffset, old.lastEpoch);
  assert.deepEqual(parts, { epoch: 0, endOffset: 1 });
  assert.equal(old.commonEnd(parts), 1);
});

test("a transaction is stable when its marker is below the high watermark, not when it is written", () => {
  const log = emptyLog();
  log.lead(0);
  append(log, "a");
  append(log, "b", { ...writer, baseSequence: 0 });
  log.endTransaction(7, 0, "abort");
  for (const [highWatermark, stable] of [
    [1, 1],
    [2, 1],
    [3, 3],
  ] as const) {
    log.raiseHighWatermark(highWatermark);
    assert.equal(log.lastStableOffset, stable, `of ${highWatermark}`);
  }
});

test("a follower knows producers, transactions and epochs as its leader does", () => {
  const [leader, follower] = [emptyLog(), emptyLog()];
  leader.lead(3);
  append(leader, "a", { ...writer, baseSequence: 0 });
  leader.endTransaction(7, 0, "abort");
  append(leader, "b", { ...writer, baseSequence: 1 });
  copyInto(follower, leader);
  assert.deepEqual(follower.producers.snapshot().open, [[7, 2]]);
  assert.deepEqual(follower.abortedBetween(0, 3), [{ producerId: 7, firstOffset: 0, lastOffset: 1 }]);
  assert.deepEqual(follower.epochs.all, [{ epoch: 3, startOffset: 0 }]);
  const [found] = follower.producers.all();
  assert.deepEqual([found?.lastSequence, found?.openOffset], [1, 2]);
});

test("a leader without a record forgets its epoch when it follows: the next one may have an earlier epoch's record there", () => {
  const [first, second] = [emptyLog(), emptyLog()];
  first.lead(0);
  append(first, "a");
  copyInto(second, first);
  append(first, "b");
  second.lead(1);
  // Still in sync, it leads again before it was cut off.
  first.lead(2);
  second.follow(2);
  copyInto(second, first);
  assert.deepEqual([second.endOffset, second.lastEpoch], [2, 0]);
  second.lead(3);
  assert.equal(second.divergence(first.endOffset, first.lastEpoch), undefined);
});
