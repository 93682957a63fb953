import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { RecordedLog } from "../../../test/support/recorded-log.ts";
import { type BackpressureOptions, type ReceiverInfo, StreamingContext } from "../../index.ts";
import type { ListenerBus } from "../../listeners/listener-bus.ts";
import { thisMachine } from "../../runtime/machine/machine.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { Receiver } from "./receiver.ts";
import { ReceiverSource } from "./receiver-source.ts";

const mebibyte = 1024 * 1024;

/** Stores what a test tells it to. */
class Told<T> extends Receiver<T> {
  readonly calls: string[] = [];
  onStart(): void | Promise<void> {
    this.calls.push("start");
  }
  onStop(): void | Promise<void> {
    this.calls.push("stop");
  }
}

/** A job over one receiver: its rows by batch, and what listeners heard of the receiver. */
class Job<T> {
  readonly clock = new ManualClock();
  readonly said = new RecordedLog();
  readonly ssc: StreamingContext;
  readonly batches: unknown[][] = [];
  readonly events: [string, Omit<ReceiverInfo, "name" | "streamId">][] = [];

  constructor(receiver: Receiver<T>, { backpressure }: { backpressure?: BackpressureOptions } = {}) {
    const limits = backpressure === undefined ? {} : { backpressure };
    this.ssc = new StreamingContext({
      appName: "receiver",
      batchInterval: 1_000,
      clock: this.clock,
      logger: this.said,
      ...limits,
    });
    const stream = this.ssc.receiverStream(receiver as Receiver<unknown>);
    stream.glom().foreachRDD(async (rdd) => void this.batches.push(await rdd.collect()));
    const note =
      (event: string) =>
      ({ receiverInfo: { name, streamId, ...info } }: { receiverInfo: ReceiverInfo }): void =>
        void this.events.push([event, info]);
    this.ssc.addStreamingListener({
      onReceiverStarted: note("started"),
      onReceiverError: note("error"),
      onReceiverStopped: note("stopped"),
    });
  }
}

test("what is stored between two batches is one batch's, in partitions of what came within 200 ms", async () => {
  const receiver = new Told<number>();
  const { ssc, clock, batches } = new Job(receiver);
  await ssc.start();
  for (const row of [1, 2]) void receiver.store(row);
  await clock.advance(199);
  void receiver.store(3);
  await clock.advance(1);
  void receiver.store(4);
  await clock.advance(800);
  void receiver.store(5);
  await clock.advance(2_000);
  await ssc.stop();
  assert.deepEqual(batches, [[[1, 2, 3], [4]], [[5]], []]);
});

test("rows that are stored together are a partition of their own, in the order in which they came", async () => {
  const receiver = new Told<number>();
  const { ssc, clock, batches } = new Job(receiver);
  await ssc.start();
  void receiver.store(1);
  void receiver.storeMany([2, 3]);
  void receiver.store(4);
  await clock.advance(1_000);
  await ssc.stop();
  assert.deepEqual(batches, [[[1], [2, 3], [4]]]);
});

test("a stored row's promise resolves with the commit of its batch and not before", async () => {
  const receiver = new Told<number>();
  const { ssc, clock } = new Job(receiver);
  const order: string[] = [];
  ssc.addStreamingListener({ onBatchCompleted: ({ batchInfo }) => void order.push(`batch ${batchInfo.batchTime}`) });
  await ssc.start();
  const first = receiver.store(1).then(() => order.push("first"));
  await clock.advance(999);
  assert.deepEqual(order, []);
  await clock.advance(1);
  await first;
  assert.deepEqual(order.toSorted(), ["batch 1000", "first"]);
  const lost = receiver.store(2);
  await ssc.stop();
  await assert.rejects(lost, {
    code: "ILLEGAL_STATE",
    message: /ended before the batch with these rows was committed/,
  });
  await assert.rejects(receiver.store(3), { code: "ILLEGAL_STATE" });
});

test("of a batch that fails nothing is acknowledged", async () => {
  const receiver = new Told<number>();
  const { ssc, clock } = new Job(receiver);
  const ended = assert.rejects(ssc.awaitTermination(), { code: "USER_FUNCTION_FAILED" });
  ssc.addStreamingListener({});
  const failing = new Told<number>();
  ssc.receiverStream(failing).foreachRDD(() => {
    throw new Error("no");
  });
  await ssc.start();
  const stored = failing.store(1);
  await clock.advance(1_000);
  await ended;
  await assert.rejects(stored, { code: "ILLEGAL_STATE" });
});

test("a graceful stop processes what a slow receiver stores while it stops, and batches go on meanwhile", async () => {
  const [stopping, mayStop] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  class Slow extends Told<number> {
    override async onStop(): Promise<void> {
      const committed = this.store(2);
      stopping.resolve();
      await mayStop.promise;
      await committed;
      void this.store(3);
    }
  }
  const receiver = new Slow();
  const { ssc, clock, batches } = new Job(receiver);
  await ssc.start();
  void receiver.store(1);
  const stopped = ssc.stop({ stopGracefully: true });
  await stopping.promise;
  mayStop.resolve();
  await clock.advance(1_000);
  await stopped;
  assert.deepEqual(batches.flat(2), [1, 2, 3]);
  assert.equal(batches.length, 2);
});

test("a receiver that is restarted stops and starts again after the delay; listeners hear of it", async () => {
  const receiver = new Told<number>();
  const { ssc, clock, events, batches } = new Job(receiver);
  assert.equal(receiver.isStopped(), true);
  await ssc.start();
  assert.equal(receiver.isStarted(), true);
  receiver.reportError("odd", new Error("cause"));
  receiver.restart("lost it", { error: new Error("why"), delayMs: 500 });
  receiver.restart("lost it again");
  await clock.advance(499);
  assert.deepEqual([receiver.calls, receiver.isStopped()], [["start", "stop"], true]);
  await clock.advance(1);
  assert.deepEqual(receiver.calls, ["start", "stop", "start", "stop"]);
  await clock.advance(2_000);
  void receiver.store(7);
  await clock.advance(1_000);
  await ssc.stop();
  assert.deepEqual(batches.flat(2), [7]);
  assert.deepEqual(events, [
    ["started", { active: true }],
    ["error", { active: true, lastErrorMessage: "odd: cause" }],
    ["stopped", { active: false, lastErrorMessage: "lost it: why" }],
    ["started", { active: true }],
    ["stopped", { active: false, lastErrorMessage: "lost it again" }],
    ["started", { active: true }],
    ["stopped", { active: false }],
  ]);
});

for (const [how, onStart] of [
  ["throws", () => assert.fail("no port")],
  ["rejects", () => Promise.reject(new Error("no port"))],
] as const) {
  test(`a receiver whose onStart ${how} is stopped, and the job goes on`, async () => {
    class Broken extends Told<number> {
      override onStart(): void | Promise<void> {
        return onStart();
      }
    }
    const receiver = new Broken();
    const { ssc, clock, events, batches } = new Job(receiver);
    await ssc.start();
    await clock.advance(1_000);
    await ssc.stop();
    assert.deepEqual(batches, [[]]);
    assert.deepEqual(events, [
      ["started", { active: true }],
      ["stopped", { active: false, lastErrorMessage: "the receiver could not be started: no port" }],
    ]);
  });
}

test("a receiver that restarts or stops with an error is a warning, whatever came before; one that stops without an error is not", async () => {
  const failing = new Told<number>();
  const { ssc, clock, said } = new Job(failing);
  const done = new Told<number>();
  ssc.receiverStream(done).print();
  await ssc.start();
  failing.restart("lost it", { error: new Error("why"), delayMs: 500 });
  done.stop("all is read");
  await clock.advance(1_000);
  failing.stop("gone", new Error("for good"));
  await clock.advance(1_000);
  await ssc.stop();
  assert.deepEqual(
    said.messages
      .filter(({ level }) => level === "warn")
      .map(({ code, streamId, message }) => [code, streamId, message]),
    [
      ["RECEIVER_RESTARTED", 0, "Told-0: lost it: why"],
      ["RECEIVER_STOPPED", 0, "Told-0: gone: for good"],
    ],
  );
});

test("a rate limits what a batch has of a receiver; the rest waits, and isFull and ready say when to go on", async () => {
  const receiver = new Told<number>();
  const { ssc, clock, batches } = new Job(receiver, { backpressure: { maxRate: 3 } });
  await ssc.start();
  let stored = 0;
  while (!receiver.isFull) void receiver.store(++stored);
  assert.equal(stored, 3);
  const ready = receiver.ready();
  for (const row of [4, 5, 6, 7]) void receiver.store(row);
  await clock.advance(1_000);
  assert.deepEqual(batches.flat(2), [1, 2, 3]);
  await clock.advance(1_000);
  await ready;
  assert.deepEqual(batches.flat(2), [1, 2, 3, 4, 5, 6]);
  await clock.advance(1_000);
  assert.equal(receiver.isFull, false);
  await ssc.stop();
  assert.deepEqual(batches.flat(2), [1, 2, 3, 4, 5, 6, 7]);
});

test("a row that cannot leave the driver ends the job and is not acknowledged", async () => {
  const receiver = new Told<unknown>();
  const { ssc, clock } = new Job(receiver);
  const ended = assert.rejects(ssc.awaitTermination(), { code: "VALUE_NOT_ENCODABLE" });
  await ssc.start();
  const stored = receiver.store(() => {});
  await clock.advance(1_000);
  await ended;
  await assert.rejects(stored, { code: "ILLEGAL_STATE" });
});

test("an onStop that never resolves is left behind", async () => {
  class Stuck extends Told<number> {
    override onStop(): Promise<void> {
      return new Promise(() => {});
    }
  }
  const { ssc } = new Job(new Stuck());
  await ssc.start();
  await ssc.stop();
  assert.equal(ssc.state, "STOPPED");
});

test("a receiver is used by one job, and only while that runs", async () => {
  const receiver = new Told<number>();
  assert.throws(() => receiver.store(1), { code: "ILLEGAL_STATE", message: /from onStart\(\) on/ });
  const { ssc } = new Job(receiver);
  assert.throws(() => ssc.receiverStream({} as Receiver<number>), { code: "INVALID_OPTION" });
  ssc.receiverStream(receiver).foreachRDD(() => {});
  await assert.rejects(ssc.start(), { code: "ILLEGAL_STATE", message: /one stream/ });
});

test("many writers at once lose nothing: ten of a thousand rows each", async () => {
  const receiver = new Told<number>();
  const { ssc, clock, batches } = new Job(receiver);
  await ssc.start();
  const writer = async (): Promise<void> => {
    for (let i = 0; i < 1_000; i++) {
      void receiver.store(i);
      if (i % 100 === 0) await clock.advance(50);
    }
  };
  await Promise.all(Array.from({ length: 10 }, writer));
  await ssc.stop({ stopGracefully: true });
  assert.equal(batches.flat(2).length, 10_000);
});

test("a receiver that honours isFull is held back by rows whose batches are planned or run, too, and loses nothing", async () => {
  const row = new Uint8Array(4 * mebibyte);
  let [stored, committed, most, isReading] = [0, 0, 0, true];
  const enough = Promise.withResolvers<void>();
  class Fast extends Told<Uint8Array> {
    #storing: Promise<void> | undefined;
    override onStart(): void {
      this.#storing = this.#store();
    }
    override async onStop(): Promise<void> {
      isReading = false;
      await this.#storing;
    }
    async #store(): Promise<void> {
      while (isReading && most < 30) {
        await (this.isFull ? this.ready() : new Promise(setImmediate));
        if (this.isFull) continue;
        most = Math.max(most, ++stored - committed);
        this.store(row).then(
          () => void (++committed === 34 && enough.resolve()),
          () => {},
        );
      }
      enough.resolve();
    }
  }
  const ssc = new StreamingContext({ appName: "slow batches", batchInterval: 10, gracefulStopTimeout: 20_000 });
  let rows = 0;
  ssc.receiverStream(new Fast()).foreachRDD(async (rdd) => {
    const count = await rdd.count();
    rows += count;
    if (count > 0) await new Promise((resolve) => setTimeout(resolve, 30));
  });
  await ssc.start();
  await enough.promise;
  await ssc.stop({ stopGracefully: true });
  assert.deepEqual([committed, rows], [stored, stored]);
  assert.ok(most <= 17, `${4 * most} MiB were in no committed batch`);
});

/** The driver's side of a receiver, with small limits and without a job. */
async function limited<T>(t: TestContext, receiver: Receiver<T>) {
  const errors: string[] = [];
  const said = new RecordedLog();
  const bus = {
    emit: (event: string, { receiverInfo }: any) =>
      void (event === "onReceiverError" && errors.push(receiverInfo.lastErrorMessage)),
  };
  const [fullBytes, maxBytes] = [2 * mebibyte, 8 * mebibyte];
  const source = new ReceiverSource(0, receiver, {
    ...{
      streamId: 0,
      clock: new ManualClock(),
      bus: bus as unknown as ListenerBus,
      batchInterval: 1_000,
      rate: () => undefined,
    },
    ...{ limits: { fullBytes, maxBytes }, log: said.log, timers: thisMachine.timers },
  });
  await source.start();
  t.after(() => source.stop());
  return { source, errors, said };
}

test("rows of a receiver that ignores isFull are refused at the limit; listeners hear of it once; it goes on when there is room", async (t) => {
  const receiver = new Told<Uint8Array>();
  const { source, errors, said } = await limited(t, receiver);
  const warned = said.next("RECEIVER_FULL");
  const row = new Uint8Array(mebibyte);
  const store = (): Promise<unknown> =>
    receiver.store(row).then(
      () => "committed",
      (error: { code: string }) => error.code,
    );
  const [first, second] = [Array.from({ length: 4 }, store), await source.plan()];
  const more = Array.from({ length: 6 }, store);
  const warning = await warned;
  const text = "[RECEIVER_FULL] 8 MiB of rows wait for batches to be committed, of at most 8: these were not taken.";
  assert.ok(warning.message.startsWith(`Told-0: ${text}`), warning.message);
  assert.deepEqual(await Promise.all(more.slice(4)), ["RECEIVER_FULL", "RECEIVER_FULL"]);
  await source.committed(second);
  assert.deepEqual(await Promise.all(first), new Array(4).fill("committed"));
  assert.equal(receiver.isFull, true);
  const third = await source.plan();
  await source.committed(third);
  assert.deepEqual(await Promise.all(more.slice(0, 4)), new Array(4).fill("committed"));
  assert.deepEqual([receiver.isFull, second.numRecords, third.numRecords], [false, 4, 4]);
  assert.deepEqual(errors, [`rows were not taken: ${warning.message.replace("Told-0: ", "")}`]);
});

test("rows count before they are packed, as their parts and the parts of these have it", async (t) => {
  const receiver = new Told<unknown>();
  const { source } = await limited(t, receiver);
  const text = "x".repeat(mebibyte / 4);
  for (let i = 0; i < 8; i++) {
    assert.equal(receiver.isFull, false);
    void receiver.store(
      i % 2 === 0 ? { id: i, parts: [{ text }] } : Array.from({ length: 64 }, () => "x".repeat(4_096)),
    );
  }
  assert.equal(receiver.isFull, true);
  await source.committed(await source.plan());
  assert.equal(receiver.isFull, false);
});
