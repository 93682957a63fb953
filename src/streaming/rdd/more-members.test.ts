import assert from "node:assert/strict";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { type RDDOf, StatCounter, StreamingContext } from "dstream";
import { ManualClock } from "dstream/testing";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { inTaskScope, TaskScope } from "../../task/context/task-scope.ts";

// Statistics, samples, files and kept rows; the members that everyone uses are in local-rdd.test.ts.

const ssc = new StreamingContext({ appName: "rdds", batchInterval: 1_000 });
const rddOf = <T>(rows: readonly T[], numPartitions = 2): RDDOf<T> => ssc.parallelize(rows, numPartitions);
const numbers = rddOf([3, 1, 2, 3]);
const none = rddOf<number>([]);
const some = rddOf([["a", 1] as const, ["b", 2] as const, ["a", 3] as const]);
const exact = (mean: number): object => ({ mean, confidence: 1, low: mean, high: mean });
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const isInvalid = (message: RegExp): object => ({ code: "INVALID_OPTION", message });

test("mean, variance, stdev, their samples' and all of them in stats", async () => {
  assert.equal(await numbers.mean(), 2.25);
  assert.equal(await numbers.variance(), 0.6875);
  assert.equal(await numbers.stdev(), Math.sqrt(0.6875));
  assert.equal(await numbers.sampleVariance(), 2.75 / 3);
  assert.equal(await numbers.sampleStdev(), Math.sqrt(2.75 / 3));
  const stats = await numbers.stats();
  assert.deepEqual([stats.count, stats.sum, stats.min, stats.max], [4, 9, 1, 3]);
  assert.equal(`${new StatCounter([1, 3])}`, "(count: 2, mean: 2, stdev: 1, max: 3, min: 1)");
  assert.deepEqual([await none.mean(), await none.variance(), await none.sampleStdev()], [0, Number.NaN, Number.NaN]);
  assert.equal((await none.stats()).max, Number.NEGATIVE_INFINITY);
});

test("merged statistics are those of all numbers, also far from zero", () => {
  const far = [1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16];
  const merged = new StatCounter(far.slice(0, 1)).merge(new StatCounter(far.slice(1))).merge(new StatCounter());
  assert.deepEqual([merged.count, merged.mean, merged.sampleVariance], [4, 1e9 + 10, 30]);
  assert.equal(new StatCounter().merge(merged).max, 1e9 + 16);
});

test("histograms: buckets end before the next bound, and the last one's bound belongs to it", async () => {
  assert.deepEqual(await rddOf(upTo(51)).histogram(2), [
    [0, 25, 50],
    [25, 26],
  ]);
  assert.deepEqual(await rddOf(upTo(51)).histogram([0, 15, 30, 60]), [15, 15, 21]);
  assert.deepEqual(await rddOf([-1, 0, 5, 10, 11, Number.NaN]).histogram([0, 5, 10]), [1, 2]);
  assert.deepEqual(await rddOf([7, 7]).histogram(3), [[7, 7], [2]]);
  await assert.rejects(none.histogram(2), { code: "ILLEGAL_STATE", message: /histogram of an empty RDD/ });
  await assert.rejects(rddOf([1, Number.NaN]).histogram(2), { code: "ILLEGAL_STATE" });
  await assert.rejects(numbers.histogram([1]), isInvalid(/at least two bounds in order, not \[1\]/));
  await assert.rejects(numbers.histogram([2, 1]), isInvalid(/in order/));
  await assert.rejects(numbers.histogram("2" as never), isInvalid(/a number or bounds, not string/));
  await assert.rejects(numbers.histogram(0), isInvalid(/an integer of at least 1, not 0/));
});

test("approximations with a timeout are exact", async () => {
  assert.deepEqual(await numbers.countApprox(0), exact(4));
  assert.deepEqual(await numbers.sumApprox(10, 0.9), exact(9));
  assert.deepEqual(await numbers.meanApprox(10), exact(2.25));
  assert.deepEqual((await numbers.countByValueApprox(10)).get(3), exact(2));
  assert.deepEqual((await some.countByKeyApprox(10)).get("a"), exact(2));
  await assert.rejects(numbers.countApprox(-1), isInvalid(/timeout must be milliseconds, at least 0, not -1/));
  await assert.rejects(numbers.countApprox(1, 2), isInvalid(/confidence/));
});

test("different rows are counted as exactly as was asked for", async () => {
  for (const count of [10, 2_000, 60_000]) {
    const rows = rddOf(upTo(2 * count).map((n) => `row ${n % count}`));
    const estimate = await rows.countApproxDistinct(0.01);
    assert.ok(Math.abs(estimate / count - 1) < 0.03, `${estimate} for ${count}`);
  }
  assert.equal(await none.countApproxDistinct(), 0);
  assert.deepEqual((await some.countApproxDistinctByKey().collect()).sort(), [
    ["a", 2],
    ["b", 1],
  ]);
  assert.throws(() => some.countApproxDistinctByKey(0), isInvalid(/relativeSD/));
});

test("treeReduce and treeAggregate fold as reduce and aggregate do", async () => {
  assert.equal(await numbers.treeReduce((a, b) => a * 10 + b), 3123);
  assert.equal(
    await numbers.treeAggregate(
      "",
      (text, n) => text + n,
      (a, b) => `${a}|${b}`,
    ),
    "|31|23",
  );
  await assert.rejects(
    numbers.treeReduce((a) => a, 0),
    isInvalid(/treeReduce's depth must be an integer of at least 1, not 0/),
  );
});

test("folding begins with copies of plain data; what would lose its methods as a copy is refused", async () => {
  const zero: number[] = [];
  const push = (all: number[], n: number): number[] => {
    all.push(n);
    return all;
  };
  const fold = (a: number[], b: number[]): number[] => a.concat(b);
  assert.deepEqual(await numbers.aggregate(zero, push, fold), await numbers.collect());
  assert.deepEqual(await some.aggregateByKey(zero, push, fold).lookup("a"), [await some.lookup("a")]);
  assert.deepEqual(zero, []);
  const merge = (a: StatCounter, b: StatCounter): StatCounter => a.merge(b);
  const refused = { code: "VALUE_NOT_ENCODABLE" };
  await assert.rejects(
    numbers.aggregate(new StatCounter(), (stats, n) => stats.add(n), merge),
    refused,
  );
  assert.throws(() => some.aggregateByKey(new StatCounter(), (stats, n) => stats.add(n), merge), refused);
});

test("takeSample has as many rows as asked for, each at most once unless they are put back", async () => {
  const many = rddOf(upTo(100));
  const drawn = await many.takeSample(false, 20, 7);
  assert.deepEqual(await many.takeSample(false, 20, 7), drawn);
  assert.equal(new Set(drawn).size, 20);
  assert.deepEqual(
    (await many.takeSample(false, 200)).sort((a, b) => a - b),
    upTo(100),
  );
  assert.equal((await numbers.takeSample(true, 20)).length, 20);
  assert.deepEqual(await none.takeSample(true, 5), []);
  await assert.rejects(many.takeSample(false, -1), isInvalid(/takeSample/));
});

test("randomSplit gives each row to one RDD, in proportion to the weights", async () => {
  const parts = rddOf(upTo(10_000)).randomSplit([1, 2, 1], 7);
  const sizes = await Promise.all(parts.map((part) => part.count()));
  assert.deepEqual(
    (await Promise.all(parts.map((part) => part.collect()))).flat().sort((a, b) => a - b),
    upTo(10_000),
  );
  for (const [i, expected] of [2_500, 5_000, 2_500].entries()) {
    assert.ok(Math.abs((sizes[i] as number) - expected) < 200, `${sizes}`);
  }
  assert.throws(() => numbers.randomSplit([1, -1]), isInvalid(/randomSplit's weights/));
  assert.throws(() => numbers.randomSplit([0]), isInvalid(/with a sum above 0/));
});

test("samples by key take the fraction of each key, exactly if asked to", async () => {
  const pairs = rddOf(upTo(3_000).map((n) => [n % 3, n] as const));
  const fractions = new Map([
    [0, 0.1],
    [1, 1],
  ]);
  const counts = await pairs.sampleByKey(false, fractions, 7).countByKey();
  assert.equal(counts.get(1), 1_000);
  assert.ok(Math.abs((counts.get(0) ?? 0) - 100) < 40);
  assert.equal(counts.has(2), false);
  assert.deepEqual(
    await pairs.sampleByKeyExact(true, fractions, 7).countByKey(),
    new Map([...[[0, 100] as const], ...[[1, 1_000] as const]]),
  );
  assert.throws(
    () => pairs.sampleByKey(false, [[0, 2]]),
    isInvalid(/sampleByKey's fraction must be from 0 to 1, not 2/),
  );
});

test("reduceByKeyLocally, filterByRange, groupWith and order within partitions", async () => {
  assert.deepEqual(await some.reduceByKeyLocally((a, b) => a + b), new Map(Object.entries({ a: 4, b: 2 })));
  assert.deepEqual(await some.filterByRange("b", "c").collect(), [["b", 2]]);
  assert.deepEqual(await some.groupWith(some.mapValues(String), some).lookup("a"), [
    [
      [1, 3],
      ["1", "3"],
      [1, 3],
    ],
  ]);
  const where = { numPartitions: 1, getPartition: () => 0 };
  assert.deepEqual(await some.repartitionAndSortWithinPartitions(where, false).keys().collect(), ["b", "a", "a"]);
});

test("zipWithUniqueId and zipPartitions go partition by partition", async () => {
  assert.deepEqual(await rddOf(["a", "b", "c"], 2).zipWithUniqueId().collect(), [
    ["a", 0],
    ["b", 1],
    ["c", 3],
  ]);
  const sums = numbers.zipPartitions(rddOf([10, 20]), (here, there) => [[...here, ...there].length]);
  assert.deepEqual(await sums.collect(), [3, 3]);
  assert.throws(() => numbers.zipPartitions(rddOf([1], 1), (a) => a), {
    code: "ILLEGAL_STATE",
    message: /zipPartitions needs as many partitions on both sides, not 2 and 1/,
  });
});

test("pipe gives a command the rows of each partition as lines", async () => {
  const words = rddOf(["b", "a", "d", "c"]);
  assert.deepEqual(await words.pipe("sort -r").collect(), ["b", "a", "d", "c"]);
  const script = 'printf "%s\\n" "$GREETING"; cat; exit 0';
  const greeted = words.pipe(["sh", "-c", script], { env: { GREETING: "hi" }, format: (word) => word.toUpperCase() });
  assert.deepEqual(await greeted.collect(), ["hi", "B", "A", "hi", "D", "C"]);
  assert.deepEqual(await words.pipe("true").collect(), []);
  await assert.rejects(words.pipe("false").collect(), {
    code: "USER_FUNCTION_FAILED",
    message: /pipe: false ended with status 1/,
  });
  await assert.rejects(words.pipe("no-such-command").collect(), {
    code: "USER_FUNCTION_FAILED",
    message: /did not run: .*ENOENT/,
  });
  for (const none of [" ", [], 5, undefined]) {
    assert.throws(() => words.pipe(none as never), isInvalid(/pipe's command/));
  }
});

test("rows that are kept are made once, until they are given up", async () => {
  const made: number[] = [];
  const watched = numbers.map((n) => {
    made.push(n);
    return n * 2;
  });
  const derived = watched.filter((n) => n > 2);
  assert.equal(watched.cache(), watched);
  assert.equal(watched.storageLevel, "MEMORY_ONLY");
  assert.deepEqual(await derived.collect(), [6, 4, 6]);
  assert.deepEqual(await derived.collect(), [6, 4, 6]);
  assert.equal(await watched.sum(), 18);
  assert.deepEqual(made, [3, 1, 2, 3]);
  watched.unpersist();
  assert.equal(await watched.sum(), 18);
  assert.equal(made.length, 8);
  watched.checkpoint();
  await watched.sum();
  await watched.unpersist().sum();
  assert.equal(made.length, 12);
  assert.throws(() => rddOf([1]).persist("DISK_ONLY").persist("MEMORY_ONLY"), {
    code: "ILLEGAL_STATE",
    message: /cannot change the storage level of an RDD from DISK_ONLY to MEMORY_ONLY/,
  });
  assert.throws(() => rddOf([1]).persist("HEAP" as "NONE"), isInvalid(/persist's level/));
});

test("saveAsTextFile writes a file for each partition, and refuses a folder that is there", async (t) => {
  const folder = temporaryDirectory(t);
  const path = join(folder, "out");
  await some.saveAsTextFile(path);
  assert.deepEqual((await readdir(path)).sort(), ["_SUCCESS", "part-00000", "part-00001"]);
  assert.equal(await readFile(join(path, "part-00000"), "utf8"), "(a,1)\n");
  assert.equal(await readFile(join(path, "part-00001"), "utf8"), "(b,2)\n(a,3)\n");
  await assert.rejects(some.saveAsTextFile(path), {
    code: "FILE_UNAVAILABLE",
    message: /out cannot be written: it exists already/,
  });
  await some.saveAsTextFile(`${path}.gz`, { compression: "gzip" });
  assert.equal(gunzipSync(await readFile(join(`${path}.gz`, "part-00001.gz"))).toString(), "(b,2)\n(a,3)\n");
  await some.saveAsTextFile(`${path}.zst`, { compression: "zstd" });
  assert.equal(zstdDecompressSync(await readFile(join(`${path}.zst`, "part-00000.zst"))).toString(), "(a,1)\n");
  const failing = numbers.map((n) => {
    if (n === 2) throw new RangeError("no");
    return n;
  });
  await assert.rejects(failing.saveAsTextFile(join(folder, "half")), RangeError);
  assert.deepEqual((await readdir(folder)).sort(), ["out", "out.gz", "out.zst"]);
  await assert.rejects(some.saveAsTextFile(path, { compression: "lzo" as "gzip" }), isInvalid(/compression/));
});

test("within foreachRDD saveAsTextFile replaces what an earlier attempt of the batch wrote", async (t) => {
  const folder = temporaryDirectory(t);
  const clock = new ManualClock();
  const job = new StreamingContext({ appName: "saves", batchInterval: 1_000, clock });
  const path = join(folder, "latest");
  await mkdir(path);
  job.queueStream([["a"], ["b"]], { numPartitions: 1 }).foreachRDD((rdd) => rdd.saveAsTextFile(path));
  await job.start();
  await clock.advance(2_000);
  await job.stop();
  assert.equal(await readFile(join(path, "part-00000"), "utf8"), "b\n");
});

test("an action in a task is refused at once", () => {
  assert.throws(() => inTaskScope(new TaskScope(new Map(), { batchTime: 1_000 }), () => void numbers.collect()), {
    code: "ILLEGAL_STATE",
    message: /collect\(\) \(.*more-members\.test\.ts:\d+:\d+\) in a task: actions run on the driver/,
  });
});
