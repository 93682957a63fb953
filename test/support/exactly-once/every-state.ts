import { KafkaUtils, type State, StateSpec, StreamingContext } from "dstream";
import { type RunningTotalsOptions, topicsOf } from "./running-totals.ts";

/** A record of the output. */
interface Row {
  readonly of: "totals" | "mapped" | "window" | "inverse window";
  readonly time: number;
  readonly key: string;
  readonly value: number;
}

/**
 * A job with state of every kind, windows among it, whose rows all go to one topic, exactly-once. With the same input it writes the
 * same, wherever its batches run.
 */
export function everyState({
  brokers,
  prefix,
  maxRatePerPartition = 10,
  ...options
}: RunningTotalsOptions): StreamingContext {
  const topics = topicsOf(prefix);
  const ssc = new StreamingContext({ appName: "every-state", batchInterval: 1_000, ...options });
  const pairs = KafkaUtils.createDirectStream(ssc, {
    brokers: brokers.split(","),
    topics: [topics.input],
    startingOffsets: "earliest",
    maxRatePerPartition,
  }).map(({ key, value }) => [String(key), Number(value)] as const);
  const sum = (a: number, b: number): number => a + b;
  const mapping = (key: string, value: number | undefined, state: State<number>): readonly [string, number] => {
    const after = (state.getOption() ?? 0) + (value ?? 0);
    if (!state.isTimingOut()) state.update(after);
    return [key, after];
  };
  const streams = {
    totals: pairs.updateStateByKey<number>((values, before = 0) => values.reduce(sum, before)).name("totals"),
    mapped: pairs.mapWithState(StateSpec.function(mapping).timeout(3_000).name("mapped")),
    window: pairs.reduceByKeyAndWindow(sum, 3_000, 2_000),
    "inverse window": pairs.reduceByKeyAndWindow(sum, 3_000, 1_000, { inverse: (a, b) => a - b }),
  };
  for (const of of Object.keys(streams) as (keyof typeof streams)[]) {
    streams[of]
      .mapPartitions((rows, { batchTime: time }) => Array.from(rows, ([key, value]): Row => ({ of, time, key, value })))
      .saveToKafka({ topic: topics.copies, toRecord: (row) => ({ key: row.key, value: JSON.stringify(row) }) });
  }
  return ssc;
}
