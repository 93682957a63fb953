import {
  type ConsumerRecord,
  type DStream,
  deserializers,
  type KafkaDStream,
  KafkaUtils,
  type PairDStream,
  type PairRDD,
  type RDD,
  type Receiver,
  type State,
  type StateQuery,
  StateSpec,
  type StreamingContext,
  type StreamOf,
} from "dstream";
import { exactly } from "./exactly.ts";

// Checked by the compiler alone: keys and values are inferred through every operator, and operators by key exist on streams of
// pairs only. None of these functions is ever called.

export function becomingPairs(words: DStream<string>): void {
  exactly<PairDStream<string, number>>()(words.map((word) => [word, 1] as const));
  exactly<PairDStream<string, number>>()(words.map((word): [string, number] => [word, 1]));
  exactly<PairDStream<number, string>>()(words.flatMap((word) => [[word.length, word] as const]));
  exactly<PairDStream<boolean, bigint>>()(words.map(() => [true, 1n] as const));
  exactly<PairDStream<string, number>>()(words.mapPartitions((rows) => [...rows].map((word) => [word, 1] as const)));
  // An array that is no pair, and one of unknown length, is a row like any other.
  exactly<DStream<string[]>>()(words.map((word) => word.split(" ")));
  exactly<DStream<readonly ["a", "b", "c"]>>()(words.map(() => ["a", "b", "c"] as const));
}

export function anyRows(words: DStream<string>, ssc: StreamingContext): void {
  exactly<DStream<string>>()(words.filter((word) => word !== ""));
  exactly<DStream<string>>()(words.union(words));
  exactly<DStream<string>>()(ssc.union(words, words));
  exactly<DStream<string>>()(words.repartition(2));
  exactly<DStream<string[]>>()(words.glom());
  exactly<DStream<number>>()(words.count());
  exactly<DStream<string>>()(words.reduce((a, b) => a + b));
  exactly<PairDStream<string, number>>()(words.countByValue(3));
  exactly<DStream<string>>()(words.name("words"));
  exactly<DStream<number>>()(ssc.queueStream([[1, 2], null]));
  exactly<DStream<string>>()(ssc.socketTextStream("localhost", 9_999, { storageLevel: "MEMORY_AND_DISK_SER" }));
  exactly<DStream<string>>()(ssc.textFileStream("in"));
  exactly<DStream<Uint8Array>>()(ssc.binaryRecordsStream("in", 4));
  exactly<DStream<number>>()(ssc.fileStream("in", (path) => [path.length]));
  exactly<PairDStream<string, number>>()(ssc.fileStream("in", (path) => [[path, 1] as const]));
  exactly<DStream<number>>()(ssc.receiverStream({} as Receiver<number>));
  exactly<PairDStream<string, number>>()(ssc.queueStream<readonly [string, number]>([[["a", 1]]]));
  words.foreachRDD((rdd) => exactly<RDD<string>>()(rdd));
  words.foreachPartition((rows) => exactly<Iterable<string>>()(rows));
}

export function pairs(ones: PairDStream<string, number>): void {
  exactly<PairDStream<string, number>>()(ones.filter(([, n]) => n > 1));
  exactly<PairDStream<string, number>>()(ones.union(ones));
  exactly<PairDStream<string, number>>()(ones.repartition(2));
  exactly<PairDStream<string, number>>()(ones.reduce((a) => a));
  exactly<PairDStream<string, string>>()(ones.mapValues((n) => `${n}`));
  exactly<PairDStream<string, boolean>>()(ones.flatMapValues((n) => [n > 1]));
  exactly<PairDStream<string, number[]>>()(ones.groupByKey());
  exactly<PairDStream<string, number>>()(ones.reduceByKey((a, b) => a + b, 2));
  exactly<PairDStream<string, number>>()(ones.partitionBy({ numPartitions: 2, getPartition: (key) => key.length % 2 }));
  exactly<PairDStream<string, { sum: number }>>()(
    ones.combineByKey(
      (n) => ({ sum: n }),
      ({ sum }, n) => ({ sum: sum + n }),
      (a, b) => ({ sum: a.sum + b.sum }),
      { mapSideCombine: false },
    ),
  );
  exactly<PairDStream<readonly [string, number], number>>()(ones.countByValue());
  ones.foreachRDD((rdd) => exactly<PairRDD<string, number>>()(rdd));
}

/** An average is made of pairs of a sum and a count, which begin with a literal 1. */
export function averages(
  words: DStream<string>,
  ones: PairDStream<string, number>,
  counts: PairRDD<string, number>,
): void {
  exactly<PairDStream<string, readonly [number, number]>>()(ones.mapValues((n) => [n, 1] as const));
  exactly<PairDStream<string, readonly [number, number]>>()(
    words.map((word) => [word, [word.length, 1]] as const).reduceByKey(([a, b], [c, d]) => [a + c, b + d]),
  );
  exactly<PairDStream<readonly [string, number], boolean>>()(words.map((word) => [[word, 1], true] as const));
  exactly<PairDStream<string, readonly [number, number]>>()(
    ones.combineByKey(
      (n) => [n, 1] as const,
      ([sum, count], n) => [sum + n, count + 1] as const,
      ([a, b], [c, d]) => [a + c, b + d] as const,
    ),
  );
  exactly<PairRDD<string, readonly [number, number]>>()(
    counts.combineByKey(
      (n) => [n, 1] as const,
      ([sum, count], n) => [sum + n, count + 1] as const,
      ([a, b], [c, d]) => [a + c, b + d] as const,
    ),
  );
  exactly<PairDStream<string, [number, number]>>()(
    ones.combineByKey<[number, number]>(
      (n) => [n, 1],
      ([sum, count], n) => [sum + n, count + 1],
      ([a, b], [c, d]) => [a + c, b + d],
    ),
  );
}

export function combined<K, V>(values: PairDStream<K, V>, add: (a: V, b: V) => V): void {
  exactly<PairDStream<K, V[]>>()(
    values.combineByKey(
      (value) => [value],
      (list, value) => [...list, value],
      (a, b) => [...a, ...b],
    ),
  );
  exactly<PairDStream<K, V>>()(values.combineByKey((value) => value, add, add));
}

export function state(ones: PairDStream<string, number>): void {
  exactly<PairDStream<string, number>>()(ones.updateStateByKey((values, total = 0) => total + values.length));
  exactly<PairDStream<string, string[]>>()(
    ones.updateStateByKey<string[]>((values, seen = [], key, time) => [...seen, `${key} ${values.length} ${time}`]),
  );
}

export function stateByPartition(ones: PairDStream<string, number>): void {
  exactly<PairDStream<string, boolean>>()(
    ones.updateStateByPartition<boolean>((keys, time) => {
      exactly<Iterable<readonly [key: string, values: readonly number[], state: boolean | undefined]>>()(keys);
      exactly<number>()(time);
      return [["a", true]];
    }),
  );
  // @ts-expect-error keys are strings
  ones.updateStateByPartition<number>(() => [[1, 1]]);
}

export function mapping(ones: PairDStream<string, number>): void {
  const sums = ones.mapWithState(
    StateSpec.function((key: string, value: number | undefined, state: State<number>, time) => {
      exactly<number>()(time);
      state.update((state.getOption() ?? 0) + (value ?? 0));
      return state.isTimingOut() ? undefined : key;
    }).timeout(1_000),
  );
  exactly<DStream<string>>()(sums.filter((key) => key !== ""));
  exactly<PairDStream<string, number>>()(sums.stateSnapshots());
  const pairs = ones.mapWithState(
    StateSpec.function((key: string, _value: number | undefined, state: State<number>) => [key, state.get()] as const),
  );
  exactly<PairDStream<string, number>>()(pairs.reduceByKey((a, b) => a + b));
}

export function windows(words: DStream<string>, ones: PairDStream<string, number>): void {
  exactly<DStream<string>>()(words.window(2_000));
  exactly<PairDStream<string, number>>()(ones.window(2_000, 1_000));
  exactly<DStream<string>>()(words.reduceByWindow((a, b) => (a < b ? a : b), 2_000, 1_000));
  exactly<DStream<number>>()(words.countByWindow(2_000, 1_000));
  exactly<PairDStream<string, number>>()(words.countByValueAndWindow(2_000, 1_000));
  exactly<PairDStream<string, number[]>>()(ones.groupByKeyAndWindow(2_000));
  exactly<PairDStream<string, number>>()(
    ones.reduceByKeyAndWindow((a, b) => a + b, 2_000, 1_000, {
      inverse: (a, b) => a - b,
      filter: ([key, n]) => key !== "" && n > 0,
    }),
  );
  exactly<Promise<RDD<string>[]>>()(words.slice(0, 1));
  exactly<DStream<string>>()(words.cache().persist("MEMORY_ONLY").checkpoint(1_000));
}

export function joins(ones: PairDStream<string, number>, names: PairDStream<string, string | null>): void {
  exactly<PairDStream<string, readonly [number[], (string | null)[]]>>()(ones.cogroup(names));
  exactly<PairDStream<string, readonly [number, string | null]>>()(ones.join(names));
  exactly<PairDStream<string, readonly [number, string | null | undefined]>>()(ones.leftOuterJoin(names));
  exactly<PairDStream<string, readonly [number | undefined, string | null]>>()(ones.rightOuterJoin(names, 2));
  exactly<PairDStream<string, readonly [number | undefined, string | null | undefined]>>()(ones.fullOuterJoin(names));
  exactly<PairDStream<string, readonly [readonly [number, number], string | null]>>()(ones.join(ones).join(names));
  exactly<PairDStream<string, number>>()(ones.join(names).mapValues(([n, name]) => n + (name?.length ?? 0)));
}

export function whatDoesNotCompile(
  words: DStream<string>,
  ones: PairDStream<string, number>,
  byNumber: PairDStream<number, number>,
): void {
  // @ts-expect-error operators by key are there for pairs only
  words.reduceByKey((a, b) => a + b);
  // @ts-expect-error and so are joins
  words.join(ones);
  // @ts-expect-error a stream of pairs is joined with a stream of pairs
  ones.join(words);
  // @ts-expect-error keys have to be of one type
  ones.join(byNumber);
  // @ts-expect-error rows have to be of one type
  ones.union(byNumber);
  // @ts-expect-error values are numbers
  ones.reduceByKey((a: string, b: string) => a + b);
  // @ts-expect-error keys are strings
  ones.partitionBy({ numPartitions: 2, getPartition: (key: number) => key });
  ones.combineByKey(
    (n) => n,
    (a) => a,
    (a) => a,
    // @ts-expect-error an option that is not known
    { mapsideCombine: true },
  );
}

export function whatWindowsRefuse(words: DStream<string>, ones: PairDStream<string, number>): void {
  // @ts-expect-error by key for pairs only
  words.reduceByKeyAndWindow((a, b) => a + b, 2_000);
  // @ts-expect-error values are numbers
  ones.reduceByKeyAndWindow((a: string, b: string) => a + b, 2_000);
  // @ts-expect-error the state is a number
  StateSpec.function((_key: string, _value: number | undefined, state: State<number>) => state.update("a"));
  // @ts-expect-error the function takes other values than the stream has
  ones.mapWithState(StateSpec.function((_key: string, value: string | undefined, _state: State<number>) => value));
}

export function kafka(ssc: StreamingContext): void {
  const connection = { brokers: ["localhost:9092"], topics: ["t"] } as const;
  exactly<KafkaDStream<string, string>>()(KafkaUtils.createDirectStream(ssc, connection));
  exactly<KafkaDStream<string, string | null>>()(
    KafkaUtils.createDirectStream(ssc, { ...connection, nullValues: "keep" }),
  );
  const json = deserializers.json<{ id: number }>();
  const stream = KafkaUtils.createDirectStream(ssc, {
    ...connection,
    keyDeserializer: deserializers.bytes,
    valueDeserializer: json,
  });
  exactly<KafkaDStream<Uint8Array, { id: number }>>()(stream);
  exactly<DStream<ConsumerRecord<Uint8Array, { id: number }>>>()(stream.filter(({ key }) => key !== null));
  exactly<PairDStream<number, string>>()(stream.map(({ value, topic }) => [value.id, topic] as const));
}

export function toKafka(words: DStream<string>, ones: PairDStream<string, number>): void {
  ones.saveToKafka({
    topic: "t",
    keySerializer: (key) => new TextEncoder().encode(key.toUpperCase()),
    valueSerializer: (value) => new Uint8Array(value),
  });
  words.saveToKafka({ topic: "t", valueSerializer: (word) => (word === "" ? null : new Uint8Array(word.length)) });
  ones.saveToKafka({
    topic: "t",
    toRecord: ([key, n]) => ({ key, value: n.toFixed(1), partition: n % 2, headers: [] }),
  });
  // @ts-expect-error values are numbers
  ones.saveToKafka({ topic: "t", valueSerializer: (value: string) => new Uint8Array(value.length) });
}

export type OfPairs = StreamOf<readonly ["a" | "b", 1]>;
export function widening(stream: OfPairs): void {
  exactly<PairDStream<string, number>>()(stream);
}

export function questions(ssc: StreamingContext): void {
  const totals = ssc.queryState<string, number>("totals");
  exactly<StateQuery<string, number>>()(totals);
  exactly<Promise<number | undefined>>()(totals.get("a"));
  exactly<AsyncIterable<readonly [string, number]>>()(totals.entries({ limit: 10 }));
  exactly<StateQuery<unknown, unknown>>()(ssc.queryState("totals"));
  // @ts-expect-error: a key of another kind
  void totals.get(1);
}
