import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamingContext } from "dstream";
import { ManualClock } from "dstream/testing";
import { RecordedLog } from "../support/recorded-log.ts";
import { type OtlpAttribute, OtlpReceiver } from "../support/ui/otlp-receiver.ts";
import { otlpSdk } from "../support/ui/otlp-sdk.ts";

/** Numbers come as texts in OTLP's JSON. */
const shown = (attributes: readonly OtlpAttribute[] = []): [string, unknown][] =>
  attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]);

// Go builds the receiver first, where the cache has not got it.
test("the OpenTelemetry Collector's receiver takes a job's metrics and traces", { timeout: 900_000 }, async (t) => {
  const receiver = await OtlpReceiver.start();
  t.after(() => receiver.stop());
  const { register, flush } = otlpSdk(t, receiver.url);
  register();

  const clock = new ManualClock();
  const ssc = new StreamingContext({
    ...{ appName: "words", batchInterval: 1_000, master: "local", clock, jobFile: import.meta.url },
    logger: new RecordedLog(),
  });
  t.after(() => ssc.stop());
  ssc
    .queueStream([["a b", "a"], ["b"], ["c"]])
    .map((line) => {
      if (line === "c") throw new RangeError("it went wrong");
      return [line, 1] as const;
    })
    .reduceByKey((a, b) => a + b)
    .foreachRDD(() => {});
  const ended = ssc.awaitTermination().catch(() => {});
  await ssc.start();
  await clock.advance(3_000);
  await ended;
  await flush();
  await receiver.stop();

  const batches = receiver.spans.filter(({ name }) => name === "batch");
  assert.deepEqual(
    batches.map(({ parentSpanId, status, attributes }) => [parentSpanId, status.code ?? 0, shown(attributes)]),
    [
      ["1000", "2", 0],
      ["2000", "1", 0],
      ["3000", "1", 2],
    ].map(([time, records, status]) => [
      undefined,
      status,
      [
        ["dstream.app.name", "words"],
        ["dstream.batch.time", time],
        ["dstream.batch.records", records],
        ["dstream.batch.retries", "0"],
        ...(status === 2 ? [["error.type", "USER_FUNCTION_FAILED"]] : []),
      ],
    ]),
  );
  assert.match(batches[2]?.status.message ?? "", /^\[USER_FUNCTION_FAILED\] .*it went wrong/);
  assert.equal(new Set(batches.map(({ traceId }) => traceId)).size, 3);
  const complete = ["plan", "log", "prepare", "commit", "stage 0", "stage 1", "output foreachRDD"];
  for (const batch of batches.slice(0, 2)) {
    const inside = receiver.spans.filter(({ traceId, spanId }) => traceId === batch.traceId && spanId !== batch.spanId);
    assert.deepEqual(
      inside.map(({ name, parentSpanId }) => [name, parentSpanId]),
      complete.map((name) => [name, batch.spanId]),
    );
    for (const { name, startTimeUnixNano, endTimeUnixNano } of inside)
      assert.ok(BigInt(endTimeUnixNano) >= BigInt(startTimeUnixNano), name);
    const stage = inside.find(({ name }) => name === "stage 0")?.attributes ?? [];
    assert.deepEqual(
      stage.map(({ key }) => key),
      ["dstream.stage", "dstream.stage.operators", "dstream.stage.tasks", "dstream.stage.task_seconds"],
    );
  }

  assert.deepEqual(receiver.values("dstream.batches.completed"), { "": 2 });
  assert.deepEqual(receiver.values("dstream.batches.failed"), { "": 1 });
  assert.deepEqual(receiver.values("dstream.records"), { "source=queue": 3 });
  assert.deepEqual(receiver.values("dstream.commit.seconds"), {
    "phase=log": 2,
    "phase=prepare": 2,
    "phase=commit": 2,
  });
  const [completed, waiting, total] = ["batches.completed", "batches.waiting", "batch.total.delay.seconds"].map(
    (name) => receiver.metrics.get(`dstream.${name}`),
  );
  assert.deepEqual([completed?.sum?.isMonotonic, waiting?.gauge !== undefined, total?.unit], [true, true, "s"]);
  assert.deepEqual(
    [...receiver.metrics.keys()].filter((name) => !name.startsWith("dstream.")),
    [],
  );
});
