import type { Clock, DStream, Duration, PairDStream, StreamingContext, Time } from "dstream";
import {
  type Batches,
  type Build,
  type CommittedBatch,
  expectBatches,
  type Fault,
  fail,
  kill,
  ManualClock,
  type RunOptions,
  restart,
  runBatches,
  type TestJob,
  testJob,
} from "dstream/testing";
import type { runtimeKey } from "../../src/runtime/job-runtime.ts";
import { type Equal, exactly } from "./exactly.ts";

// The test kit's public shapes, one by one: a program that compiles with one version has to compile with the next.

const same = <_Same extends true>(): void => {};

type Inputs<I extends readonly unknown[]> = { [N in keyof I]: Batches<I[N]> };

export function shapes(clock: ManualClock): void {
  same<Equal<Fault, { readonly fault: string }>>();
  same<Equal<Batches<string>, readonly (readonly string[] | null | Fault)[]>>();
  same<Equal<Parameters<Build<[string, number], number>>, [StreamingContext, DStream<string>, DStream<number>]>>();
  same<Equal<ReturnType<Build<[string], number>>, DStream<number>>>();
  same<
    Equal<
      Omit<RunOptions, typeof runtimeKey>,
      {
        master?: string;
        batchInterval?: Duration;
        numInputPartitions?: number;
        numBatches?: number;
        checkpointDir?: string;
        clock?: ManualClock;
        afterBatch?: (batch: CommittedBatch) => void | Promise<void>;
      }
    >
  >();
  same<
    Equal<
      TestJob<[string], number>,
      { readonly url: string; readonly name: string; readonly build: Build<[string], number> }
    >
  >();
  exactly<Time>()(clock.now());
  exactly<Promise<void>>()(clock.advance(1_000));
  const asClock: Clock = clock;
  exactly<Promise<void>>()(asClock.waitTill(1_000, new AbortController().signal));
  exactly<ManualClock>()(new ManualClock());
  exactly<ManualClock>()(new ManualClock(5));
}

export function functions(job: TestJob<[string, number], boolean>): void {
  exactly<(point?: string) => Fault>()(kill);
  exactly<(message?: string) => Fault>()(fail);
  exactly<(options?: { master?: string }) => Fault>()(restart);
  exactly<<I extends readonly unknown[], R>(url: string, name: string, build: Build<I, R>) => TestJob<I, R>>()(testJob);
  exactly<
    <I extends readonly unknown[], R>(job: TestJob<I, R>, inputs: Inputs<I>, options?: RunOptions) => Promise<R[][]>
  >()(runBatches);
  exactly<
    <I extends readonly unknown[], R>(
      job: TestJob<I, R>,
      inputs: Inputs<I>,
      expected: readonly (readonly R[])[],
      options?: RunOptions & { ordered?: boolean },
    ) => Promise<void>
  >()(expectBatches);
  exactly<Promise<boolean[][]>>()(
    runBatches(job, [
      [["a"], kill(), null],
      [[1], restart({ master: "local[2]" }), []],
    ]),
  );
  // @ts-expect-error an input of other rows
  void runBatches(job, [[["a"]], [["b"]]]);
  // @ts-expect-error an input is missing
  void runBatches(job, [[["a"]]]);
  // @ts-expect-error other rows are expected than the job gives
  void expectBatches(job, [[["a"]], [[1]]], [["a"]]);
}

export const pairs = testJob<[readonly ["a" | "b", 1]], number>("url", "name", (_ssc, input) => {
  exactly<PairDStream<string, number>>()(input);
  return input.count();
});
