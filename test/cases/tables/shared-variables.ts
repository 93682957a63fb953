import { isMainThread } from "node:worker_threads";
import { testJob } from "dstream/testing";
import { type Case, expecting, failing } from "../case.ts";

// Broadcasts and accumulators: what the tasks of each batch see, and what the driver gets back.

const url = import.meta.url;

export const scaled = testJob<[number], number>(url, "map with a broadcast", (ssc, numbers) => {
  const scale = ssc.broadcast(async () => ({ by: 10 }));
  numbers.foreachRDD((_rdd, time) => scale.update({ by: time / 50 }));
  return numbers.map((n) => n * scale.value.by);
});

export const made = testJob<[number], boolean>(url, "where a broadcast is made", (ssc, numbers) => {
  const inMainThread = ssc.broadcast(() => isMainThread);
  return numbers.repartition(3).map(() => inMainThread.value);
});

export const chosen = testJob<[number], number>(url, "transform with a broadcast", (ssc, numbers) => {
  const partitions = ssc.broadcast(() => 2);
  numbers.foreachRDD(() => partitions.update(partitions.value + 1));
  return numbers.transform((rdd) =>
    rdd.repartition(partitions.value).mapPartitionsWithIndex((index) => [index * partitions.value]),
  );
});

export const summed = testJob<[number], number>(url, "an accumulator", (ssc, numbers) => {
  const seen = ssc.accumulator(100, { name: "seen" });
  const calls = ssc.accumulator(0);
  const sums = ssc.broadcast(() => [0, 0]);
  const added = numbers.map((n) => {
    seen.add(n);
    calls.add(1);
    return n;
  });
  added.foreachRDD(() => sums.update([seen.value, calls.value]));
  return numbers.repartition(2).flatMap((n) => (n === 0 ? sums.value : []));
});

export const counted = testJob<[string], readonly [string, number]>(url, "accumulators in shuffles", (ssc, words) => {
  const merges = ssc.accumulator(0);
  const before = ssc.broadcast(() => 0);
  const counts = words
    .repartition(1)
    .map((word) => [word, 1] as const)
    .reduceByKey((a, b) => {
      merges.add(1);
      return a + b;
    }, 3);
  counts.foreachRDD(() => before.update(merges.value));
  return counts.mapValues(() => before.value);
});

export const readInTask = testJob<[number], number>(url, "an accumulator read in a task", (ssc, numbers) => {
  const sum = ssc.accumulator(0, { name: "sum" });
  return numbers.map((n) => n + sum.value);
});

export const updatedInTask = testJob<[number], number>(url, "a broadcast updated in a task", (ssc, numbers) => {
  const factor = ssc.broadcast(() => 1);
  return numbers.map((n) => {
    factor.update(n);
    return n;
  });
});

export const sharedVariables: readonly Case[] = [
  expecting(
    "a broadcast that is updated has its new value from the next batch on",
    scaled,
    [[[1, 2], [1, 2], [], [3]]],
    [[10, 20], [20, 40], [], [180]],
  ),
  expecting("the factory of a broadcast runs on the driver", made, [[[1, 2, 3]]], [[true, true, true]]),
  expecting(
    "what transform makes may depend on broadcasts",
    chosen,
    [[[1], [], [2]]],
    [
      [0, 2],
      [0, 3, 6],
      [0, 4, 8, 12],
    ],
  ),
  expecting(
    "the driver has the sum of what tasks added, in the outputs of the batch already",
    summed,
    [[[1, 2, 3], [0], [0, 4]]],
    [[], [106, 3], [106, 4]],
  ),
  expecting(
    "what a reduce function adds counts, too",
    counted,
    [[["a", "a", "a", "b"], ["c"]]],
    [
      [
        ["a", 0],
        ["b", 0],
      ],
      [["c", 2]],
    ],
  ),
  failing(
    "an accumulator is not for reading in tasks",
    readInTask,
    [[[1]]],
    "ILLEGAL_STATE",
    /sum can be read on the driver only, not in a task/,
  ),
  failing(
    "a broadcast is not for updating in tasks",
    updatedInTask,
    [[[1]]],
    "ILLEGAL_STATE",
    /a broadcast is updated on the driver, not in a task/,
  ),
];
