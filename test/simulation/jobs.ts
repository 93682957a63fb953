// Jobs as functions, and what their output must be for the records that were committed to their input.
import { type KafkaDStream, KafkaUtils, type PairDStream, type State, StateSpec, type StreamingContext } from "dstream";
import type { RunSpec } from "./run-spec.ts";

export interface TopicRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  readonly value: string;
}

export interface Job {
  build(ssc: StreamingContext, spec: RunSpec, called: () => void): void;
  /** What is wrong with an output that is complete, or `isWhole: false` while records are missing. */
  problem(input: readonly TopicRecord[], output: readonly TopicRecord[], isWhole: boolean): string | undefined;
  /** Whether the output has everything of the input. */
  isWhole(input: readonly TopicRecord[], output: readonly TopicRecord[]): boolean;
}

/** Where programs find the brokers of a run. */
export function addressesOf({ brokers }: RunSpec): string[] {
  return Array.from({ length: brokers }, (_, i) => `broker-${i + 1}:9092`);
}

type Input = KafkaDStream<string, string>;

function inputOf(ssc: StreamingContext, spec: RunSpec): Input {
  const { maxRatePerPartition } = spec;
  return KafkaUtils.createDirectStream(ssc, {
    brokers: addressesOf(spec),
    topics: ["in"],
    startingOffsets: "earliest",
    ...(maxRatePerPartition !== undefined && { maxRatePerPartition }),
  }) as Input;
}

/** Each record once, those of a key in their order. */
const copies: Job = {
  build(ssc, spec, called) {
    inputOf(ssc, spec)
      .map(({ key, value }) => {
        called();
        return [key ?? "", value] as const;
      })
      .saveToKafka({
        ...{ brokers: addressesOf(spec), topic: "out", delivery: "exactly-once" },
        toRecord: ([key, value]) => ({ key, value }),
      });
  },
  isWhole: (input, output) => output.length >= input.length,
  problem: (input, output, isWhole) => comparedByKey(valuesByKey(input), valuesByKey(output), isWhole),
};

/** The running count of each key: 1, 2, 3 … */
const counts: Job = {
  build(ssc, spec, called) {
    const count = (_key: string, value: string | undefined, state: State<number>): readonly [string, number] => {
      called();
      const total = (state.exists() ? state.get() : 0) + (value === undefined ? 0 : 1);
      state.update(total);
      return [_key, total];
    };
    inputOf(ssc, spec)
      .map(({ key, value }) => [key ?? "", value] as const)
      .mapWithState(StateSpec.function(count).name("counts"))
      .saveToKafka({
        ...{ brokers: addressesOf(spec), topic: "out", delivery: "exactly-once" },
        toRecord: ([key, total]) => ({ key, value: String(total) }),
      });
  },
  isWhole: (input, output) => output.length >= input.length,
  problem(input, output, isWhole) {
    const wanted = new Map([...valuesByKey(input)].map(([key, { length }]) => [key, ascending(length)]));
    return comparedByKey(wanted, valuesByKey(output), isWhole);
  },
};

function totalsOf(ssc: StreamingContext, spec: RunSpec, called: () => void): PairDStream<string, number> {
  return inputOf(ssc, spec)
    .map(({ key }) => {
      called();
      return [key ?? "", 1] as const;
    })
    .reduceByKey((a, b) => a + b)
    .updateStateByKey((added, total = 0) => added.reduce((a, b) => a + b, total), { name: "totals" });
}

/** With each batch the total of each key that it has: it grows up to the number of the key's records. */
const totals: Job = {
  build(ssc, spec, called) {
    totalsOf(ssc, spec, called).saveToKafka({
      ...{ brokers: addressesOf(spec), topic: "out", delivery: "exactly-once" },
      toRecord: ([key, total]) => ({ key, value: String(total) }),
    });
  },
  isWhole(input, output) {
    const last = valuesByKey(output);
    return [...valuesByKey(input)].every(([key, { length }]) => Number(last.get(key)?.at(-1) ?? 0) >= length);
  },
  problem(input, output, isWhole) {
    const wanted = valuesByKey(input);
    for (const [key, values] of valuesByKey(output)) {
      const of = values.map(Number);
      const most = wanted.get(key)?.length ?? 0;
      if (of.some((total, i) => total < (of[i - 1] ?? 1))) return `the totals of ${key} do not grow: ${of.join(" ")}`;
      if ((of.at(-1) as number) > most) return `the total of ${key} is ${of.at(-1)}, and it has ${most} records`;
    }
    return isWhole && !this.isWhole(input, output) ? "totals are missing" : undefined;
  },
};

/** As totals, at least once: what was written may be there again, and nothing else. Here the checkpoint alone keeps drivers apart. */
const repeated: Job = {
  build(ssc, spec, called) {
    totalsOf(ssc, spec, called).saveToKafka({
      ...{ brokers: addressesOf(spec), topic: "out", delivery: "at-least-once" },
      toRecord: ([key, total]) => ({ key, value: String(total) }),
    });
  },
  isWhole: (input, output) => missingTotals(input, output) === undefined,
  problem(input, output, isWhole) {
    const wanted = valuesByKey(input);
    const strange = output.find(
      ({ key, value }) => Number(value) < 1 || Number(value) > (wanted.get(key)?.length ?? 0),
    );
    if (strange !== undefined)
      return `a total of ${strange.key} is ${strange.value}, of ${wanted.get(strange.key)?.length}`;
    return isWhole ? missingTotals(input, output) : undefined;
  },
};

/** A key whose last total is not there. */
function missingTotals(input: readonly TopicRecord[], output: readonly TopicRecord[]): string | undefined {
  const most = new Map<string, number>();
  for (const { key, value } of output) most.set(key, Math.max(most.get(key) ?? 0, Number(value)));
  for (const [key, { length }] of valuesByKey(input))
    if ((most.get(key) ?? 0) < length)
      return `the greatest total of ${key} is ${most.get(key)}, and it has ${length} records`;
  return undefined;
}

export const jobs = { copies, counts, totals, repeated } as const satisfies Record<string, Job>;
export type JobName = keyof typeof jobs;
export const jobNames = Object.keys(jobs) as JobName[];

function ascending(length: number): string[] {
  return Array.from({ length }, (_, i) => String(i + 1));
}

function valuesByKey(records: readonly TopicRecord[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { key, value } of records) {
    const values = found.get(key);
    if (values === undefined) found.set(key, [value]);
    else values.push(value);
  }
  return found;
}

function comparedByKey(
  wanted: ReadonlyMap<string, readonly string[]>,
  found: ReadonlyMap<string, readonly string[]>,
  isWhole: boolean,
): string | undefined {
  for (const [key, values] of found) {
    const expected = wanted.get(key) ?? [];
    const at = values.findIndex((value, i) => value !== expected[i]);
    if (at >= 0)
      return `${key}: value ${at} is ${values[at]}, expected ${expected[at] ?? "none"} (of ${expected.length})`;
  }
  if (!isWhole) return undefined;
  for (const [key, expected] of wanted) {
    const length = found.get(key)?.length ?? 0;
    if (length < expected.length) return `${key}: ${length} values of ${expected.length}`;
  }
  return undefined;
}
