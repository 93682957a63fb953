import type { BoundedDouble, PairRDD, RDD, StatCounter, StorageLevel, StreamingContext } from "dstream";
import { exactly } from "./exactly.ts";

// Checked by the compiler alone: types through the operators and actions of RDDs.

export function operators(words: RDD<string>, numbers: RDD<number>): void {
  exactly<RDD<number>>()(words.map((word) => word.length));
  exactly<PairRDD<string, number>>()(words.map((word) => [word, 1] as const));
  exactly<RDD<string>>()(words.flatMap((word) => word.split(" ")));
  exactly<RDD<string>>()(words.filter(() => true));
  exactly<RDD<number>>()(words.mapPartitions((rows) => [[...rows].length]));
  exactly<PairRDD<number, string>>()(words.mapPartitionsWithIndex((i, rows) => [...rows].map((w) => [i, w] as const)));
  exactly<RDD<string[]>>()(words.glom());
  exactly<PairRDD<number, string>>()(words.keyBy((word) => word.length));
  exactly<PairRDD<number, string[]>>()(words.groupBy((word) => word.length));
  exactly<PairRDD<string, number>>()(words.zipWithIndex());
  exactly<PairRDD<string, number>>()(words.zip(numbers));
  exactly<PairRDD<string, number>>()(words.cartesian(numbers));
  exactly<RDD<string>>()(words.union(words).intersection(words).subtract(words).distinct().repartition(2).coalesce(1));
  exactly<RDD<string>>()(words.sortBy((word) => word.length, false).sample(false, 0.5));
  exactly<RDD<string>[]>()(words.randomSplit([1, 2]));
  exactly<PairRDD<string, number>>()(words.zipWithUniqueId());
  exactly<RDD<number>>()(words.zipPartitions(numbers, (a, b) => [[...a].length, ...b]));
  exactly<RDD<string>>()(numbers.pipe("cat", { format: (n) => n.toFixed(1) }));
  exactly<RDD<string>>()(words.cache().persist("DISK_ONLY").unpersist());
  exactly<StorageLevel>()(words.storageLevel);
}

export async function actions(words: RDD<string>, numbers: RDD<number>): Promise<void> {
  exactly<string[]>()(await words.collect());
  exactly<string>()(await words.first());
  exactly<Map<string, number>>()(await words.countByValue());
  exactly<string>()(await words.reduce((a, b) => a + b));
  exactly<{ length: number }>()(
    await words.aggregate(
      { length: 0 },
      ({ length }, word) => ({ length: length + word.length }),
      (a) => a,
    ),
  );
  exactly<number[]>()(await numbers.top(3));
  exactly<number>()(await numbers.sum());
  for await (const word of words.toLocalIterator()) exactly<string>()(word);
  exactly<string[]>()(await words.takeSample(false, 2));
  exactly<number[]>()(
    await words.treeAggregate(
      [0],
      (all, word) => [...all, word.length],
      (a, b) => [...a, ...b],
    ),
  );
  exactly<StatCounter>()(await numbers.stats());
  exactly<number[]>()(await numbers.histogram([0, 1]));
  exactly<[number[], number[]]>()(await numbers.histogram(2));
  exactly<BoundedDouble>()(await numbers.meanApprox(10));
  exactly<Map<string, BoundedDouble>>()(await words.countByValueApprox(10));
  // @ts-expect-error only numbers have a mean
  await words.mean();
  // @ts-expect-error only numbers have a sum
  await words.sum();
}

export async function pairs(ones: PairRDD<string, number>, names: PairRDD<string, Date>): Promise<void> {
  exactly<RDD<string>>()(ones.keys());
  exactly<RDD<Date>>()(names.values());
  exactly<PairRDD<string, string>>()(ones.mapValues((n) => `${n}`));
  exactly<PairRDD<string, string>>()(ones.flatMapValues((n) => `${n}`));
  exactly<PairRDD<string, number>>()(
    ones
      .reduceByKey((a, b) => a + b)
      .partitionBy(2)
      .sortByKey(),
  );
  exactly<PairRDD<string, number[]>>()(ones.groupByKey());
  exactly<PairRDD<string, Set<number>>>()(
    ones.aggregateByKey(
      new Set<number>(),
      (s, n) => s.add(n),
      (a) => a,
    ),
  );
  exactly<PairRDD<string, readonly [number[], Date[]]>>()(ones.cogroup(names));
  exactly<PairRDD<string, readonly [number[], Date[], string[]]>>()(ones.groupWith(names, ones.mapValues(String)));
  exactly<PairRDD<string, number>>()(ones.sampleByKey(false, new Map([["a", 0.5]])).filterByRange("a", "b"));
  exactly<PairRDD<string, Date>>()(names.repartitionAndSortWithinPartitions(3));
  exactly<PairRDD<string, number>>()(names.countApproxDistinctByKey());
  exactly<Map<string, number>>()(await ones.reduceByKeyLocally((a, b) => a + b));
  exactly<PairRDD<string, readonly [number, Date]>>()(ones.join(names));
  exactly<PairRDD<string, readonly [number, Date | undefined]>>()(ones.leftOuterJoin(names));
  exactly<PairRDD<string, readonly [number | undefined, Date]>>()(ones.rightOuterJoin(names));
  exactly<PairRDD<string, readonly [number | undefined, Date | undefined]>>()(ones.fullOuterJoin(names));
  exactly<PairRDD<string, number>>()(ones.subtractByKey(names));
  exactly<(readonly [string, number])[]>()(await ones.collect());
  exactly<Map<string, number>>()(await ones.countByKey());
  exactly<Date[]>()(await names.lookup("a"));
  exactly<Map<string, Date>>()(await names.collectAsMap());
  // @ts-expect-error keys are strings
  await ones.lookup(1);
}

export function parallelized(ssc: StreamingContext): void {
  exactly<RDD<number>>()(ssc.parallelize([1, 2, 3]));
  exactly<PairRDD<string, number>>()(ssc.parallelize([["a", 1] as const], 2));
}
