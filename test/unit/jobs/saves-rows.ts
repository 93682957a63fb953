import { type DStream, type KafkaSinkOptions, type PairDStream, type SinkRecord, StateSpec } from "dstream";
import { testJob } from "dstream/testing";

// Jobs that save what they are given. Each run has a topic of its own, which workers know by the environment, as they do brokers.

export type SavingJob = ReturnType<typeof testJob<[any], any>>;
type Rows = DStream<any>;

function saving(
  name: string,
  of: (rows: Rows) => Rows,
  options: () => Partial<KafkaSinkOptions<any>> = () => ({}),
): SavingJob {
  return testJob<[any], any>(import.meta.url, name, (_ssc, rows) => {
    const { OUT_TOPIC: topic = "never", OUT_DELIVERY: delivery, OUT_PRODUCER: producer } = process.env;
    const stream = of(rows);
    stream.saveToKafka({
      topic,
      delivery: delivery as "exactly-once" | "at-least-once",
      ...(producer !== undefined && { producer: JSON.parse(producer) as object }),
      ...options(),
    });
    return stream.map(() => 0) as Rows;
  });
}

const asIs = (row: unknown): unknown => row;
const pairs = (rows: Rows): PairDStream<any, any> => rows.map(asIs) as PairDStream<any, any>;

export const mapped = saving("rows of map", (rows) => rows.map(asIs));
export const globbed = saving("rows of glom", (rows) => rows.repartition(1).glom());
export const grouped = saving("rows of groupByKey", (rows) => pairs(rows).groupByKey());
export const counted = saving("rows of count", (rows) => rows.count());
export const reduced = saving("rows of reduce after glom", (rows) =>
  rows
    .repartition(1)
    .glom()
    .reduce((a: any) => a),
);
export const snapshots = saving("rows of stateSnapshots", (rows) =>
  pairs(rows)
    .mapWithState(StateSpec.function((_key: any, value: any, state: any) => state.update(value)))
    .stateSnapshots(),
);
export const transformed = saving("rows of glom in transform", (rows) =>
  rows.transform((rdd: any) => rdd.repartition(1).glom()),
);
export const united = saving("rows of two gloms", (rows) =>
  rows.repartition(1).glom().union(rows.repartition(1).glom()),
);
export const unitedWithPairs = saving("rows of glom and of reduceByKey", (rows) =>
  pairs(rows)
    .reduceByKey((a) => a)
    .union(rows.glom() as Rows),
);
export const notPairs = saving("rows of partitionBy", (rows) => pairs(rows).partitionBy(2));

/** Rows are functions' names here: what they return is no record. */
const wrongRecords: Readonly<Record<string, () => unknown>> = {
  good: () => ({ value: "good" }),
  "number as key": () => ({ key: 17, value: "secret" }),
  "number in a header": () => ({ value: "secret", headers: [["h", 1]] }),
  "timestamp of 1.5": () => ({ value: "secret", timestamp: 1.5 }),
  "negative timestamp": () => ({ value: "secret", timestamp: -1 }),
  "no timestamp": () => ({ value: "secret", timestamp: Number.NaN }),
  "half a partition": () => ({ value: "secret", partition: 1.5 }),
  "partition out of range": () => ({ value: "secret", partition: 7 }),
  "headers by name": () => ({ value: "secret", headers: { h: "x" } }),
  "no name of a topic": () => ({ value: "secret", topic: "a b" }),
  "a topic that is missing": () => ({ value: "secret", topic: "missing" }),
  undefined: () => undefined,
  "a promise": async () => ({ value: "secret" }),
  "an array": () => ["k", "secret"],
  "bytes that are gone": () => {
    const value = new Uint8Array(2);
    value.buffer.transfer();
    return { value };
  },
};
export const wrong = saving("what toRecord returned", asIs as (rows: Rows) => Rows, () => ({
  toRecord: (row: string) => (wrongRecords[row] as () => SinkRecord)(),
}));

const wrongBytes: Readonly<Record<string, unknown>> = {
  "a string": "secret",
  "a number": 5,
  "a promise": Promise.resolve(null),
  undefined: undefined,
};
export const wronglySerialized = saving("what a serializer returned", asIs as (rows: Rows) => Rows, () => ({
  valueSerializer: (row: any) => wrongBytes[row] as null,
}));

const scratch = new Uint8Array(1);
export const reusesMemory = saving("a serializer with one buffer", asIs as (rows: Rows) => Rows, () => ({
  valueSerializer: (row: any) => {
    scratch[0] = row;
    return scratch;
  },
}));

export const large = saving("a record that is too large", asIs as (rows: Rows) => Rows, () => ({
  toRecord: (row: number) => ({ value: "x".repeat(row) }),
}));

export const stamped = saving("records with all there is", asIs as (rows: Rows) => Rows, () => ({
  toRecord: (row: number) => ({
    key: null,
    value: `v${row}`,
    timestamp: 1_000 * row,
    partition: row % 2,
    headers: [
      ["h", "text"],
      ["h", null],
      ["b", new Uint8Array([0, 255])],
    ],
  }),
}));
