import assert from "node:assert/strict";
import { test } from "node:test";
import { KafkaProducer, KafkaUtils, StreamingContext, type StreamingContextOptions } from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import { ManualClock } from "dstream/testing";

// A direct stream under back-pressure. The work of a batch is a step of the manual clock, so that rates are exact.

const options = (given: Partial<StreamingContextOptions>): StreamingContextOptions => ({
  appName: "back-pressure",
  batchInterval: 1_000,
  ...given,
});

test("batches shrink and grow with what the job can process, divided over partitions by their lag", async (t) => {
  const broker = await EmbeddedBroker.start();
  t.after(() => broker.stop());
  await broker.createTopic("input", { partitions: 2 });
  const producer = new KafkaProducer({ brokers: [broker.bootstrapServers] });
  const send = (partition: number, count: number) =>
    Array.from({ length: count }, () => producer.send({ topic: "input", partition, value: "x" }));
  await Promise.all([...send(0, 3_000), ...send(1, 1_000)]);
  await producer.close();
  const clock = new SteppingClock();
  const backpressure = { enabled: true, initialRate: 400, minRate: 20 };
  const ssc = new StreamingContext(options({ clock, backpressure }));
  const sizes: number[][] = [];
  KafkaUtils.createDirectStream(ssc, {
    brokers: [broker.bootstrapServers],
    topics: ["input"],
    startingOffsets: "earliest",
  }).foreachRDD((rdd) => {
    sizes.push(rdd.offsetRanges.map(({ fromOffset, untilOffset }) => untilOffset - fromOffset));
    // 200 records a second.
    clock.pass((sizes.at(-1)?.reduce((a, b) => a + b) ?? 0) * 5);
  });
  const lags: number[] = [];
  ssc.addStreamingListener({
    onBatchCompleted: () => {
      lags.push(ssc.progress.lag ?? -1);
      clock.back();
    },
  });
  await ssc.start();
  await clock.advance(5_000);
  await ssc.stop();
  // Two batches at the initial rate show that 200 records a second can be processed.
  assert.deepEqual(sizes, [
    [300, 100],
    [300, 100],
    [150, 50],
    [150, 50],
    [150, 50],
  ]);
  assert.deepEqual(lags, [3_600, 3_200, 3_000, 2_800, 2_600]);
  assert.equal(ssc.progress.processingRate, 200);
  assert.equal(ssc.progress.inputRate, 280);
});

/** A manual clock that goes on while a batch runs, and back where it was when that is over. */
class SteppingClock extends ManualClock {
  #passed = 0;

  override now(): number {
    return super.now() + this.#passed;
  }

  pass(ms: number): void {
    this.#passed += ms;
  }

  back(): void {
    this.#passed = 0;
  }
}

for (const [backpressure, code, message] of [
  [{ minRat: 1 }, "UNKNOWN_OPTION", /did you mean "minRate"/],
  [{ pid: { integrall: 1 } }, "UNKNOWN_OPTION", /did you mean "integral"/],
  [{ maxRate: 0 }, "INVALID_OPTION", /backpressure\.maxRate must be a number greater than 0, not 0/],
  [{ pid: { derived: -1 } }, "INVALID_OPTION", /backpressure\.pid\.derived must be a number at least 0, not -1/],
  [{ minRate: 10, maxRate: 5 }, "INVALID_OPTION", /backpressure\.minRate must be at most maxRate, which is 5, not 10/],
  [{ enabled: "yes" }, "INVALID_OPTION", /backpressure\.enabled/],
] as const) {
  test(`back-pressure of ${JSON.stringify(backpressure)} is refused`, () => {
    assert.throws(() => new StreamingContext(options({ backpressure: backpressure as object })), { code, message });
  });
}
