import assert from "node:assert/strict";
import { test } from "node:test";
import { batchOf } from "../../../test/support/wire/records-of.ts";
import { readBatchHeader } from "../../kafka/record-batch/batch-header.ts";
import { ProducerCount, ProducerTable } from "./producer-table.ts";

function write(table: ProducerTable, producerId: number, nowMs: number, isTransactional = false): void {
  const batch = batchOf(["a"], { producerId, producerEpoch: 0, baseSequence: 0, isTransactional });
  table.appended(readBatchHeader(batch, 0, batch.length, { topic: "t", partition: 0 }), 0, false, nowMs);
}

const ids = (table: ProducerTable): number[] => table.all().map(({ producerId }) => producerId);

test("all partitions together remember so many producers; a partition beyond it forgets those that were silent longest", () => {
  const count = new ProducerCount(6);
  const [busy, quiet] = [new ProducerTable(count), new ProducerTable(count)];
  write(quiet, 100, 1);
  write(busy, 1, 1, true);
  for (let id = 2; id <= 5; id++) write(busy, id, id);
  assert.equal(count.count, 6);
  write(busy, 6, 6);
  // The one with an open transaction is not forgotten, however old.
  assert.deepEqual(ids(busy), [1, 5, 6]);
  assert.deepEqual([ids(quiet), count.count], [[100], 4]);
  busy.clear();
  assert.equal(count.count, 1);
});

test("a producer that was silent for a day is forgotten", () => {
  const table = new ProducerTable();
  const day = 24 * 60 * 60_000;
  write(table, 1, 1_000);
  write(table, 2, 2_000);
  table.forget(0, 1_000 + day);
  assert.deepEqual(ids(table), [1, 2]);
  table.forget(0, 1_001 + day);
  assert.deepEqual(ids(table), [2]);
});
