import { type DStream, type PairDStream, type Partitioner, type State, StateSpec } from "dstream";
import { modulus, placeOf } from "./oracle.ts";
import type { Key, Kind, Row, Step } from "./step.ts";

// The operators of random jobs on streams.

export type Stream = PairDStream<Key, number>;
type Build = (step: Step, a: Stream, b: Stream) => DStream<any>;

const batch = 1_000;
const add = (x: number, y: number): number => x + y;
const subtract = (x: number, y: number): number => x - y;
const named =
  (name: string) =>
  (value: number): Row => [name, value];
/** A combination of values that no other order of them changes. */
const summary = (values: readonly number[]): number => values.length * 1_000 + values.reduce(add, 0);

/** A partitioner of one's own is another one each time, as in programs that make them on the way. */
const ownPlaces = ({ n }: Step): Partitioner<Key> => ({ numPartitions: n, getPartition: (key) => placeOf(key, n) });
const windowOf = ({ window }: Step, { slideDuration }: Stream): number => window * slideDuration;
const slideOf = ({ slide }: Step, { slideDuration }: Stream): number => slide * slideDuration;

const summing =
  ({ n }: Step) =>
  (key: Key, value: number | undefined, state: State<number>): Row => {
    const before = state.getOption() ?? 0;
    if (state.isTimingOut()) return [key, before + 10_000];
    const next = before + (value ?? 0);
    if (next % n !== 0) state.update(next);
    else if (state.exists()) state.remove();
    return [key, next];
  };

export const onStreams: { readonly [K in Kind]: Build } = {
  rekey: ({ n }, a) => a.map(([, v]): Row => [`k${v % n}`, v]),
  asObject: ({ n }, a) =>
    a.map(([, v]): Row => [v % 2 === 0 ? { id: Math.abs(v % n), tag: "t" } : { tag: "t", id: Math.abs(v % n) }, v]),
  scale: ({ n }, a) => a.mapValues((v) => (v * n) % modulus),
  keep: ({ n }, a) => a.filter(([, v]) => v % n !== 0),
  repeat: (_step, a) => a.flatMapValues((v) => (v % 2 === 0 ? [v, v + 1] : [])),
  repeatRows: (_step, a) =>
    a.flatMap(function* ([k, v]): Generator<Row> {
      if (v % 3 === 0) yield [k, v];
      yield ["new", v];
    }),
  perPartition: (_step, a) => a.mapPartitions((rows) => [...rows].map(([k, v]): Row => [k, v + 1])),

  sum: ({ partitions }, a) => a.reduceByKey(add, partitions),
  sumPlaced: (step, a) =>
    a
      .partitionBy(ownPlaces(step))
      .filter(() => true)
      .reduceByKey(add, ownPlaces(step)),
  groups: ({ partitions }, a) => a.groupByKey(partitions).mapValues(summary),
  average: ({ n, partitions: partitioner }, a) =>
    a
      .combineByKey<readonly number[]>(
        (v) => [v, 1],
        ([sum = 0, count = 0], v) => [sum + v, count + 1],
        ([sum = 0, count = 0], [more = 0, others = 0]) => [sum + more, count + others],
        { mapSideCombine: n % 2 === 0, ...(partitioner !== undefined && { partitioner }) },
      )
      .mapValues(([sum = 0, count = 1]) => Math.floor(sum / count)),
  frequency: ({ partitions }, a) => a.countByValue(partitions).map(([[key], n]): Row => [key, n]),
  largest: (_step, a) =>
    a
      .map(([, v]) => v)
      .reduce((x, y) => Math.max(x, y))
      .map(named("largest")),
  number: (_step, a) => a.count().map(named("number")),
  place: ({ n }, a) => a.partitionBy(n),
  deal: ({ n }, a) => a.repartition(n),
  lists: ({ n }, a) => a.repartition(n).glom().count().map(named("lists")),
  changed: ({ n }, a) =>
    a.transform((rdd, time) =>
      time % (2 * batch) === 0 ? rdd.filter(([, v]) => v % n !== 0) : rdd.mapValues((v) => v + time / batch),
    ),
  distinct: ({ partitions }, a) => a.transform((rdd) => rdd.distinct(partitions)),

  union: (_step, a, b) => a.union(b),
  join: ({ partitions }, a, b) => a.join(b, partitions).mapValues(([x, y]) => x * 3 + y),
  joinedRDDs: ({ n }, a, b) => a.transformWith(b, (x, y) => x.join(y, n).mapValues(([v, w]) => v * 3 + w)),
  left: ({ partitions }, a, b) => a.leftOuterJoin(b, partitions).mapValues(([x, y = -2]) => x * 3 + y),
  right: ({ partitions }, a, b) => a.rightOuterJoin(b, partitions).mapValues(([x = -1, y]) => x * 3 + y),
  outer: ({ partitions }, a, b) => a.fullOuterJoin(b, partitions).mapValues(([x = -1, y = -2]) => x * 3 + y),
  cogroup: ({ partitions }, a, b) =>
    a.cogroup(b, partitions).mapValues(([x, y]) => x.length * 1_000 + y.length * 100 + x.reduce(add, 0)),
  without: ({ n }, a, b) => a.transformWith(b, (x, y) => x.subtractByKey(y, n)),

  window: (step, a) => a.window(windowOf(step, a), slideOf(step, a)),
  windowSum: (step, a) => a.reduceByKeyAndWindow(add, windowOf(step, a), slideOf(step, a), { partitioner: step.n }),
  windowInverse: (step, a) => a.reduceByKeyAndWindow(add, windowOf(step, a), slideOf(step, a), { inverse: subtract }),
  // Values of which no sum is 0.
  windowFiltered: (step, a) =>
    a.reduceByKeyAndWindow(add, windowOf(step, a), slideOf(step, a), {
      inverse: subtract,
      filter: ([, sum]) => sum !== 0,
      partitioner: ownPlaces(step),
    }),
  windowGroups: (step, a) => a.groupByKeyAndWindow(windowOf(step, a), slideOf(step, a), step.n).mapValues(summary),
  windowFrequency: (step, a) =>
    a.countByValueAndWindow(windowOf(step, a), slideOf(step, a), step.partitions).map(([[key], n]): Row => [key, n]),
  windowNumber: (step, a) => a.countByWindow(windowOf(step, a), slideOf(step, a)).map(named("number")),
  windowLargest: (step, a) =>
    a
      .map(([, v]) => v)
      .reduceByWindow((x, y) => Math.max(x, y), windowOf(step, a), slideOf(step, a))
      .map(named("largest")),
  windowTotal: (step, a) =>
    a
      .map(([, v]) => v)
      .reduceByWindow(add, windowOf(step, a), slideOf(step, a), { inverse: subtract })
      .map(named("total")),

  running: (_step, a) => a.updateStateByKey<number>((values, sum = 0) => values.reduce(add, sum) % modulus),
  byPartition: ({ n }, a) =>
    a.updateStateByPartition<number>(
      function* (keys) {
        for (const [key, values, sum = 0] of keys) yield [key, values.reduce(add, sum) % modulus];
      },
      { partitioner: n },
    ),
  forgetful: (step, a) =>
    a.updateStateByKey<number>(
      (values, sum = 0) => {
        const next = values.reduce(add, sum) + (values.length === 0 ? 1 : 0);
        return next % step.n === 0 ? undefined : next % modulus;
      },
      { partitioner: step.n },
    ),
  mapped: (step, a) => a.reduceByKey(add).mapWithState(StateSpec.function(summing(step))),
  snapshots: (step, a) =>
    a
      .reduceByKey(add)
      .mapWithState(StateSpec.function(summing(step)).numPartitions(step.n))
      .stateSnapshots(),
  idle: (step, a) =>
    a.reduceByKey(add).mapWithState(StateSpec.function(summing(step)).timeout(step.n * a.slideDuration)),
};
