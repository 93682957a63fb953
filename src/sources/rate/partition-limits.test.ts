import assert from "node:assert/strict";
import { test } from "node:test";
import { type PartitionRates, partitionLimits } from "./partition-limits.ts";

const rates = (given: Partial<PartitionRates>): PartitionRates => ({
  rate: undefined,
  maxRatePerPartition: undefined,
  minRatePerPartition: undefined,
  batchSeconds: 1,
  ...given,
});
const lags = (...values: number[]) => values.map((lag, partition) => ({ topic: "t", partition, lag }));

test("without a rate there is no limit, also not without lag", () => {
  assert.deepEqual(partitionLimits(lags(5, 0), rates({})), [Infinity, Infinity]);
  assert.deepEqual(partitionLimits(lags(0, 0), rates({ rate: 10 })), [Infinity, Infinity]);
});

test("the stream's rate is divided by lag", () => {
  assert.deepEqual(partitionLimits(lags(100, 300), rates({ rate: 200 })), [50, 150]);
  assert.deepEqual(partitionLimits(lags(100, 300), rates({ rate: 200, batchSeconds: 0.5 })), [25, 75]);
});

test("the partition's own maximum caps its share and holds without a rate", () => {
  const maxRatePerPartition = 60;
  assert.deepEqual(partitionLimits(lags(100, 300), rates({ rate: 200, maxRatePerPartition })), [50, 60]);
  assert.deepEqual(partitionLimits(lags(1, 1), rates({ maxRatePerPartition, batchSeconds: 0.51 })), [30, 30]);
});

test("a partition gives at least its minimum, by default one record", () => {
  assert.deepEqual(partitionLimits(lags(1, 999), rates({ rate: 10 })), [1, 9]);
  const minRatePerPartition = ({ partition }: { partition: number }): number => (partition === 0 ? 3 : 20);
  assert.deepEqual(partitionLimits(lags(1, 999), rates({ rate: 10, minRatePerPartition })), [3, 20]);
});

test("a maximum by partition leaves those alone for which it is 0", () => {
  const maxRatePerPartition = ({ partition }: { partition: number }): number => partition * 10;
  assert.deepEqual(partitionLimits(lags(5, 5), rates({ maxRatePerPartition })), [Infinity, 10]);
});
