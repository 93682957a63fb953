import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { deserializers, KafkaProducer, KafkaUtils, LocationStrategies, type RDD, StreamingContext } from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import { ManualClock } from "dstream/testing";

let broker: EmbeddedBroker;
let brokers: readonly string[];

before(async () => {
  broker = await EmbeddedBroker.start();
  brokers = [broker.bootstrapServers];
  await broker.createTopic("names", { partitions: 2 });
  const producer = new KafkaProducer({ brokers });
  for (const [i, value] of ["a=Anna", "b=Berta", "c=Carla", "d=Dora"].entries()) {
    await producer.send({ topic: "names", partition: i % 2, key: null, value });
  }
  await producer.close();
});
after(() => broker.stop());

const clock = new ManualClock();
const context = (): StreamingContext =>
  new StreamingContext({ appName: "rdd", batchInterval: 1_000, master: "local", clock: new ManualClock() });
const range = (partition: number, fromOffset: number, untilOffset: number) => ({
  topic: "names",
  partition,
  fromOffset,
  untilOffset,
});
const offsetRanges = [range(0, 0, 2), range(1, 1, 2)];

test("createRDD has the records of its ranges, a partition for each", async () => {
  const rdd = KafkaUtils.createRDD(context(), { brokers, offsetRanges });
  assert.equal(rdd.numPartitions, 2);
  assert.deepEqual(rdd.offsetRanges, offsetRanges);
  assert.deepEqual(
    (await rdd.collect()).map(({ partition, offset, value }) => [partition, offset, value]),
    [
      [0, 0, "a=Anna"],
      [0, 1, "c=Carla"],
      [1, 1, "d=Dora"],
    ],
  );
  assert.equal(await rdd.count(), 3);
  assert.equal(await rdd.isEmpty(), false);
  assert.deepEqual(
    (await rdd.take(1)).map(({ value }) => value),
    ["a=Anna"],
  );
});

test("its operators run like those of other RDDs, together with static ones on either side", async () => {
  const ssc = context();
  const rdd = KafkaUtils.createRDD(ssc, { brokers, offsetRanges });
  const named = rdd.map(({ value }) => [value.slice(0, 1), value.slice(2)] as const);
  assert.deepEqual(named.offsetRanges, offsetRanges);
  assert.deepEqual(await named.sortByKey(false).values().collect(), ["Dora", "Carla", "Anna"]);
  const kept = [rdd.filter(() => true), named.mapValues((name) => name), rdd.mapPartitions((rows) => rows), rdd.glom()];
  for (const other of kept) assert.deepEqual(other.offsetRanges, offsetRanges);
  const moved = [
    named.groupByKey(),
    rdd.union(rdd),
    rdd.repartition(2),
    rdd.coalesce(2),
    rdd.zipWithIndex(),
    named.join(named),
  ];
  for (const other of moved) {
    assert.throws(() => other.offsetRanges, {
      code: "ILLEGAL_STATE",
      message: /in the first transform\(\) or foreachRDD\(\)/,
    });
  }
  const ages = ssc.parallelize([["a", 30] as const, ["d", 40] as const], 2);
  const expected = [
    ["a", ["Anna", 30]],
    ["d", ["Dora", 40]],
  ];
  assert.deepEqual(await named.join(ages).sortByKey().collect(), expected);
  const other = ages.join(named).mapValues(([age, name]) => [name, age] as const);
  assert.deepEqual(await other.sortByKey().collect(), expected);
  const lengths = named.mapValues((name) => name.length).reduceByKey((a, b) => a + b, 3);
  assert.deepEqual(
    await lengths.collectAsMap(),
    new Map([
      ["a", 4],
      ["c", 5],
      ["d", 4],
    ]),
  );
});

test("it is read anew by each action, and once where it is kept", async () => {
  let read = 0;
  const valueDeserializer = (bytes: Uint8Array): string => {
    read++;
    return new TextDecoder().decode(bytes);
  };
  const names = KafkaUtils.createRDD(context(), { brokers, offsetRanges, valueDeserializer }).map(({ value }) => value);
  assert.equal((await names.collect()).length, 3);
  assert.equal(await names.map((name) => name.length).sum(), 19);
  assert.equal(read, 6);
  const pairs = names.cache().map((name) => [name.slice(0, 1), name] as const);
  assert.deepEqual(await pairs.keys().collect(), ["a", "c", "d"]);
  assert.deepEqual(await pairs.union(pairs).countByKey(), new Map(Object.entries({ a: 2, c: 2, d: 2 })));
  assert.deepEqual(await names.take(1), ["a=Anna"]);
  assert.equal(read, 9);
  names.unpersist();
  assert.equal(await pairs.filter(([key]) => key > "a").count(), 2);
  assert.equal(read, 12);
});

test("it is joined in transform, where the tasks read it, and read in foreachRDD", async () => {
  const ssc = new StreamingContext({ appName: "rdd", batchInterval: 1_000, master: "local", clock });
  const names = KafkaUtils.createRDD(ssc, { brokers, offsetRanges }).map(
    ({ value }) => [value.slice(0, 1), value.slice(2)] as const,
  );
  const seen: unknown[] = [];
  ssc
    .queueStream([["a", "d", "x"], [], ["c"]])
    .map((letter) => [letter, letter.length] as const)
    .transform((rdd) => rdd.leftOuterJoin(names).mapValues(([, name]) => name ?? "nobody"))
    .foreachRDD(async (rdd) => void seen.push(await rdd.sortByKey().collect(), await names.count()));
  await ssc.start();
  await clock.advance(3_000);
  await ssc.stop();
  assert.deepEqual(seen, [
    [
      ["a", "Anna"],
      ["d", "Dora"],
      ["x", "nobody"],
    ],
    3,
    [],
    3,
    [["c", "Carla"]],
    3,
  ]);
});

test("its options are checked when it is made, and what is not in the log when it is read", async () => {
  const ssc = context();
  const create = (options: object): unknown => KafkaUtils.createRDD(ssc, { brokers, offsetRanges, ...options });
  assert.throws(() => create({ offsetRange: [] }), { code: "UNKNOWN_OPTION", message: /"offsetRanges"/ });
  assert.throws(() => create({ isolationLevel: "uncommitted" }), {
    code: "INVALID_OPTION",
    message: /isolationLevel must be one of read_committed, read_uncommitted, not uncommitted$/,
  });
  assert.throws(() => create({ onCorruptBatch: true }), {
    code: "INVALID_OPTION",
    message: /one of fail, skip, not true$/,
  });
  assert.throws(() => create({ valueDeserializer: "json" }), { code: "INVALID_OPTION", message: /must be a function/ });
  assert.throws(() => create({ offsetRanges: [range(0, 2, 1)] }), {
    code: "INVALID_OPTION",
    message: /names-0 from 2 to 1/,
  });
  assert.throws(() => create({ offsetRanges: [null] }), { code: "INVALID_OPTION" });
  assert.throws(() => create({ locationStrategy: "PreferConsistent" }), {
    code: "INVALID_OPTION",
    message: /locationStrategy must be one of LocationStrategies, not string/,
  });
  const fixed = create({ locationStrategy: LocationStrategies.PreferFixed({ "names-0": "localhost" }) });
  assert.equal((fixed as RDD<unknown>).numPartitions, 2);
  const named = { brokers, topics: ["names"], locationStrategy: LocationStrategies.PreferBrokers };
  KafkaUtils.createDirectStream(ssc, named);
  const misspelt = { ...named, locationStrategy: {} as typeof named.locationStrategy };
  assert.throws(() => KafkaUtils.createDirectStream(ssc, misspelt), { code: "INVALID_OPTION" });
  const beyond = KafkaUtils.createRDD(ssc, { brokers, offsetRanges: [range(0, 7, 9)] });
  await assert.rejects(beyond.collect(), { code: "OFFSET_OUT_OF_RANGE" });
  const since = performance.now();
  const beyondEnd = KafkaUtils.createRDD(ssc, { brokers, offsetRanges: [range(0, 0, 9)] });
  await assert.rejects(beyondEnd.collect(), {
    code: "OFFSET_OUT_OF_RANGE",
    message:
      /the range 0 to 9 of names-0 ends behind the log, which has records to \d, .*choose an untilOffset of at most \d/,
  });
  assert.ok(performance.now() - since < 1_000);
  const whatIsThere = { brokers, offsetRanges: [range(0, 0, 9)], onOffsetOutOfRange: "latest" } as const;
  const all = await KafkaUtils.createRDD(ssc, whatIsThere).count();
  assert.equal(all, (await KafkaUtils.createRDD(ssc, { brokers, offsetRanges: [range(0, 0, all)] }).collect()).length);
  const bytes = KafkaUtils.createRDD(ssc, { brokers, offsetRanges, valueDeserializer: deserializers.bytes });
  assert.equal((await bytes.first()).value.byteLength, 6);
});
