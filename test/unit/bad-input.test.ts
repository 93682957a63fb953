import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { type DStream, type DStreamError, type PairDStream, type State, StateSpec, StreamingContext } from "dstream";
import { ManualClock } from "dstream/testing";
import { userFrame } from "../../src/errors/user-code/user-frame.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// What a program can do wrong with streams: each has its code, says what it saw and what is allowed, and where the program did it.

const options = { appName: "bad input", batchInterval: 1_000 };
const newContext = (): StreamingContext => new StreamingContext({ ...options, clock: new ManualClock() });
const pairsOf = (ssc: StreamingContext, keys: readonly unknown[] = []): PairDStream<any, number> =>
  ssc.queueStream([keys]).map((key) => [key, 1] as const) as PairDStream<any, number>;
const ssc = newContext();
const pairs = pairsOf(ssc);
const add = (a: number, b: number): number => a + b;

/** Checks that a place of this file is where `text` stands. */
function checkPlace(place: string | undefined, text: string): void {
  const [file, line, column] = (place ?? "").split(":");
  assert.equal(file, "test/unit/bad-input.test.ts");
  const there = readFileSync(file, "utf8").split("\n")[Number(line) - 1] ?? "";
  assert.ok(there.slice(Number(column) - 1).startsWith(text), `${place} has ${there}, not ${text}`);
}

const atOnce: readonly (readonly [name: string, call: () => unknown, at: string, message: string])[] = [
  [
    "a window that is no multiple of the batch",
    () => pairs.window(1_500),
    "window(",
    "[INVALID_WINDOW] window's window must be a multiple of the stream's slide, 1000 ms, not 1500 ms",
  ],
  [
    "a slide that is no multiple of the batch",
    () => pairs.reduceByKeyAndWindow(add, 2_000, 500),
    "reduceByKeyAndWindow(",
    "[INVALID_WINDOW] reduceByKeyAndWindow's slide must be a multiple of the stream's slide, 1000 ms, not 500 ms",
  ],
  [
    "a union of streams with different slides",
    () => pairs.union(pairs.window(2_000, 2_000)),
    "union(",
    "[ILLEGAL_STATE] union takes streams of one slide duration only",
  ],
  [
    "a union of streams of different contexts",
    () => ssc.union(pairs, pairsOf(newContext())),
    "union(",
    "[ILLEGAL_STATE] union takes streams of one context only",
  ],
  ["a union of nothing", () => ssc.union(), "union(", "[ILLEGAL_STATE] union needs at least one stream"],
  [
    "a negative timeout of state",
    () => StateSpec.function(() => 1).timeout(-1),
    "timeout(",
    "[INVALID_OPTION] timeout must be a positive number of milliseconds, not -1",
  ],
  [
    "a checkpoint interval that is no multiple of the batch",
    () => pairs.checkpoint(1_500),
    "checkpoint(",
    "[INVALID_OPTION] the checkpoint interval must be a multiple of the stream's slide, 1000 ms, not 1500",
  ],
  [
    "a checkpoint in the folder of no name",
    () => ssc.checkpoint(""),
    "checkpoint(",
    "[INVALID_OPTION] checkpoint's directory must be the path of a folder, not an empty string",
  ],
  [
    "an option that queueStream does not have",
    () => ssc.queueStream([[1]], { oneATime: false } as object),
    "queueStream(",
    '[UNKNOWN_OPTION] queueStream has no option "oneATime"; did you mean "oneAtATime"?',
  ],
  [
    "a default of queueStream that is no RDD",
    () => ssc.queueStream([[1]], { default: "none" as never }),
    "queueStream(",
    "[INVALID_OPTION] queueStream's default must be an array of rows, an RDD or null, not string",
  ],
  [
    "remembering a stream of another context",
    () => newContext().remember(1_000, [pairs]),
    "remember(",
    "[ILLEGAL_STATE] remember takes streams of one context only",
  ],
  [
    "a second word on what to remember",
    () => {
      const context = newContext();
      context.remember(1_000);
      context.remember(2_000, [pairsOf(context)]);
    },
    "remember(2_000",
    "[ILLEGAL_STATE] remember was called before, with 1000 ms; call it once, with all streams",
  ],
];

for (const [name, call, at, message] of atOnce) {
  test(`${name} is refused where it is written`, () => {
    assert.throws(call, (error: DStreamError) => {
      assert.equal(error.message, message);
      checkPlace(userFrame(error.stack), at);
      return true;
    });
  });
}

test("streams and outputs cannot be added after start()", async () => {
  const started = newContext();
  const stream = pairsOf(started);
  stream.print();
  await started.start();
  const calls = [() => stream.mapValues(String), () => stream.print(), () => started.queueStream([])];
  for (const [i, call] of calls.entries()) {
    assert.throws(call, (error: DStreamError) => {
      const text = "streams and output operations cannot be added once the context has been started or stopped";
      assert.equal(error.message, `[ILLEGAL_STATE] ${text}`);
      checkPlace(userFrame(error.stack), ["mapValues(", "print(", "queueStream("][i] as string);
      return true;
    });
  }
  await started.stop();
});

test("a misspelt option of stop(), and no folder for getOrCreate, are refused", async () => {
  const context = newContext();
  await assert.rejects(context.stop({ stopGracefuly: true } as object), { code: "UNKNOWN_OPTION" });
  assert.equal(context.state, "INITIALIZED");
  const { getActiveOrCreate, getOrCreate } = StreamingContext;
  await assert.rejects(getOrCreate("", newContext), { code: "INVALID_OPTION" });
  await assert.rejects(getActiveOrCreate(newContext, { checkpointDirectory: "x" } as object), {
    code: "UNKNOWN_OPTION",
  });
});

test("a negative timeout of awaitTerminationOrTimeout is refused, and a very long one is none", async () => {
  const context = newContext();
  await assert.rejects(context.awaitTerminationOrTimeout(-1), {
    message: "[INVALID_OPTION] awaitTerminationOrTimeout's timeout must be milliseconds, at least 0, not -1",
  });
  const isStopped = context.awaitTerminationOrTimeout(Number.MAX_SAFE_INTEGER);
  await context.stop();
  assert.equal(await isStopped, true);
});

/** Runs a batch, which is to fail. */
async function failureOf(t: TestContext, build: (context: StreamingContext) => void): Promise<DStreamError> {
  const clock = new ManualClock();
  const context = new StreamingContext({ ...options, clock, checkpointDir: temporaryDirectory(t) });
  build(context);
  const ended = context.awaitTermination().then(
    () => assert.fail("the job did not fail"),
    (error: DStreamError) => error,
  );
  await context.start();
  await clock.advance(1_000);
  return ended;
}

const inTheBatch: readonly (readonly [
  name: string,
  build: (context: StreamingContext) => void,
  message: RegExp,
  at: readonly string[],
])[] = [
  [
    "a function of transform that returns nothing",
    (context) =>
      pairsOf(context)
        .transform(() => undefined as never)
        .print(),
    /^\[ILLEGAL_STATE\] the function of transform \((.*)\) returned undefined in batch 1000; it must return an RDD$/,
    ["transform("],
  ],
  [
    "an entry of queueStream that is no RDD, of which nothing is told",
    (context) => context.queueStream(["secret" as never]).print(),
    /^\[INVALID_OPTION\] an entry of queueStream's queue must be an array of rows, an RDD or null, not string$/,
    [],
  ],
  [
    "a filter of files that throws",
    (context) =>
      context
        .textFileStream(import.meta.dirname, {
          filter: () => {
            throw new RangeError("why");
          },
        })
        .print(),
    /^\[USER_FUNCTION_FAILED\] the function of textFileStream's filter \((.*)\) threw RangeError at (.*), for the file \/.*$/,
    ["textFileStream(", "new RangeError("],
  ],
  [
    "a key that has no canonical form",
    (context) => pairsOf(context, [new Map()]).reduceByKey(add).print(),
    /^\[KEY_NOT_CANONICAL\] reduceByKey \((.*)\): an instance of Map cannot be a key, or part of one$/,
    ["reduceByKey("],
  ],
  [
    "state that is updated after it was removed",
    (context) => pairsOf(context, ["a"]).mapWithState(StateSpec.function(removesAndUpdates)).print(),
    /^\[USER_FUNCTION_FAILED\] the function of mapWithState \((.*)\) threw Error at (.*), for partition \d+ of batch 1000$/,
    ["mapWithState(", "update("],
  ],
];

function removesAndUpdates(_key: string, _value: number | undefined, state: State<number>): void {
  state.update(1);
  state.remove();
  state.update(2);
}

for (const [name, build, message, at] of inTheBatch) {
  test(`${name} ends the job, which says where it is written`, async (t) => {
    const error = await failureOf(t, build);
    const places = message.exec(error.message)?.slice(1) ?? assert.fail(error.message);
    for (const [i, place] of places.entries()) checkPlace(place, at[i] as string);
  });
}

test("exactly-once output without a checkpoint is refused at start(), where it is written", async () => {
  const context = newContext();
  pairsOf(context).saveToKafka({ brokers: ["localhost:1"], topic: "t", delivery: "exactly-once" });
  const error = await context.start().then(
    () => assert.fail("it started"),
    (thrown: DStreamError) => thrown,
  );
  const said =
    /^\[CHECKPOINT_REQUIRED\] saveToKafka \((.*)\) to "t" is exactly-once only with a checkpoint; set checkpointDir/;
  checkPlace(said.exec(error.message)?.[1], "saveToKafka(");
});

const kinds: readonly (readonly [name: string, build: (pairs: PairDStream<any, number>) => DStream<any>])[] = [
  ["updateStateByKey", (pairs) => pairs.updateStateByKey<number>((values, sum = 0) => sum + values.length)],
  ["updateStateByPartition", (pairs) => pairs.updateStateByPartition<number>(() => [])],
  ["mapWithState", (pairs) => pairs.mapWithState(StateSpec.function((_key: any, value: number | undefined) => value))],
  ["reduceByKeyAndWindow", (pairs) => pairs.reduceByKeyAndWindow(add, 2_000, 1_000, { inverse: (a, b) => a - b })],
  [
    "reduceByWindow",
    (pairs) => pairs.map(([, n]) => n).reduceByWindow(add, 2_000, 1_000, { inverse: (a, b) => a - b }),
  ],
  ["countByWindow", (pairs) => pairs.countByWindow(2_000, 1_000)],
  ["countByValueAndWindow", (pairs) => pairs.countByValueAndWindow(2_000, 1_000)],
];
for (const [name, build] of kinds) {
  test(`the state of ${name} needs a checkpoint: start() refuses it, with where it is written`, async () => {
    const context = newContext();
    build(pairsOf(context)).print();
    const error = await context.start().then(
      () => assert.fail("it started"),
      (thrown: DStreamError) => thrown,
    );
    const said =
      /^\[CHECKPOINT_REQUIRED\] the checkpoint directory has not been set, and the state of \w+ \((.*)\) would be lost when the job ends; set checkpointDir$/;
    checkPlace(said.exec(error.message)?.[1] ?? assert.fail(error.message), name);
    assert.equal(context.state, "STOPPED");
  });
}

test("windows that are computed from their rows need no checkpoint", async () => {
  const context = newContext();
  pairsOf(context).window(2_000).reduceByKeyAndWindow(add, 2_000, 1_000).print();
  await context.start();
  await context.stop();
});
