import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { metrics as metricsApi, trace as traceApi } from "@opentelemetry/api";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { StreamingContext } from "dstream";
import { ManualClock } from "dstream/testing";
import { boundaries } from "../../../src/ui/metrics/samples.ts";
import { RecordedLog } from "../../support/recorded-log.ts";
import { type OtlpSdk, otlpSdk, unregister } from "../../support/ui/otlp-sdk.ts";

// The SDK sends OTLP as JSON over HTTP, as to a collector.

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number | string; readonly doubleValue?: number };
}
interface Point {
  readonly attributes: readonly Attribute[];
  readonly asInt?: number | string;
  readonly asDouble?: number;
  readonly count?: number | string;
  readonly sum?: number;
  readonly explicitBounds?: readonly number[];
}
interface Sent {
  readonly name: string;
  readonly unit: string;
  readonly sum?: { readonly dataPoints: readonly Point[]; readonly isMonotonic: boolean };
  readonly gauge?: { readonly dataPoints: readonly Point[] };
  readonly histogram?: { readonly dataPoints: readonly Point[] };
}
interface SentSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code: number; readonly message?: string };
  readonly attributes: readonly Attribute[];
}

class Receiver {
  readonly spans: SentSpan[] = [];
  /** As they were sent last, by name. */
  readonly metrics = new Map<string, Sent>();
  url = "";
  #close = (): void => {};

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    const server = createServer(async (request, response) => {
      const body = JSON.parse((await request.setEncoding("utf8").toArray()).join(""));
      if (request.url === "/v1/traces") receiver.#takeSpans(body);
      else if (request.url === "/v1/metrics") receiver.#takeMetrics(body);
      response.setHeader("content-type", "application/json").end("{}");
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    receiver.#close = () => {
      server.closeAllConnections();
      server.close();
    };
    receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return receiver;
  }

  /** Values by attributes; of histograms how many there were. */
  values(name: string): Record<string, number> {
    const sent = this.metrics.get(name);
    const points = (sent?.sum ?? sent?.gauge ?? sent?.histogram)?.dataPoints ?? [];
    return Object.fromEntries(
      points.map(({ attributes, asInt, asDouble, count }) => [
        attributes.map(({ value }) => value.stringValue).join(" "),
        Number(asInt ?? asDouble ?? count),
      ]),
    );
  }

  close(): void {
    this.#close();
  }

  #takeSpans(body: { resourceSpans: { scopeSpans: { spans: SentSpan[] }[] }[] }): void {
    for (const { scopeSpans } of body.resourceSpans) {
      for (const { spans } of scopeSpans) this.spans.push(...spans);
    }
  }

  #takeMetrics(body: { resourceMetrics: { scopeMetrics: { scope: { name: string }; metrics: Sent[] }[] }[] }): void {
    for (const { scopeMetrics } of body.resourceMetrics) {
      for (const { scope, metrics } of scopeMetrics) {
        if (scope.name === "dstream") for (const metric of metrics) this.metrics.set(metric.name, metric);
      }
    }
  }
}

async function sdk(t: TestContext): Promise<OtlpSdk & { readonly receiver: Receiver }> {
  const receiver = await Receiver.start();
  const made = otlpSdk(t, receiver.url);
  t.after(() => receiver.close());
  return { ...made, receiver };
}

interface Job {
  readonly ssc: StreamingContext;
  readonly clock: ManualClock;
}

/** Counts words; `fails`: the batch in which its function throws. */
function job(
  t: TestContext,
  { fails, logger = new RecordedLog() }: { fails?: string; logger?: RecordedLog } = {},
): Job {
  const clock = new ManualClock();
  const jobFile = import.meta.url;
  const ssc = new StreamingContext({ appName: "words", batchInterval: 1_000, master: "local", clock, jobFile, logger });
  ssc
    .queueStream([["a b", "a"], ["b"], ["c"]])
    .flatMap((line) => {
      if (line === fails) throw new Error("it went\nwrong");
      return line.split(" ").map((word): [string, number] => [word, 1]);
    })
    .reduceByKey((a, b) => a + b)
    .foreachRDD(() => {});
  t.after(() => ssc.stop());
  return { ssc, clock };
}

test("an SDK that is registered before the job gets all its metrics, with units, and boundaries for seconds", async (t) => {
  const { receiver, register, flush } = await sdk(t);
  register();
  const { ssc, clock } = job(t);
  await ssc.start();
  await clock.advance(2_000);
  await flush();
  const { batchesCompleted, recordsProcessed } = ssc.progress;
  assert.deepEqual([batchesCompleted, recordsProcessed], [2, 3]);
  assert.deepEqual(receiver.values("dstream.batches.completed.total"), {});
  assert.deepEqual(receiver.values("dstream.batches.completed"), { "": 2 });
  assert.deepEqual(receiver.values("dstream.records"), { queue: 3 });
  assert.deepEqual(receiver.values("dstream.tasks"), { "0": 2, "1": 2 });
  assert.deepEqual(receiver.values("dstream.commit.seconds"), { log: 2, prepare: 2, commit: 2 });
  assert.deepEqual(receiver.values("dstream.batches.waiting"), { "": 0 });
  const [completed, waiting, total] = ["batches.completed", "batches.waiting", "batch.total.delay.seconds"].map(
    (name) => receiver.metrics.get(`dstream.${name}`),
  );
  assert.deepEqual([completed?.sum?.isMonotonic, waiting?.gauge !== undefined, total?.unit], [true, true, "s"]);
  assert.deepEqual(total?.histogram?.dataPoints[0]?.explicitBounds, boundaries);
  assert.equal([...receiver.metrics.keys()].filter((name) => !name.startsWith("dstream.")).length, 0);
});

test("a batch is a trace: plan, log, stages, outputs, prepare and commit lie in it, at their times", async (t) => {
  const { receiver, register, flush } = await sdk(t);
  register();
  const { ssc, clock } = job(t);
  await ssc.start();
  await clock.advance(2_000);
  await flush();
  const batches = receiver.spans.filter(({ name }) => name === "batch");
  assert.equal(new Set(batches.map(({ traceId }) => traceId)).size, 2);
  const ms = (nanos: string): number => Number(BigInt(nanos) / 1_000n) / 1_000;
  const [first] = batches;
  assert.deepEqual(
    [ms(first?.startTimeUnixNano as string), first?.parentSpanId, first?.status.code],
    [1_000, undefined, 0],
  );
  assert.deepEqual(
    first?.attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)]),
    [
      ["dstream.app.name", "words"],
      ["dstream.batch.time", 1_000],
      ["dstream.batch.records", 2],
      ["dstream.batch.retries", 0],
    ],
  );
  const inside = receiver.spans.filter(({ parentSpanId }) => parentSpanId === first?.spanId);
  assert.deepEqual(
    inside.map(({ name }) => name),
    ["plan", "log", "prepare", "commit", "stage 0", "stage 1", "output foreachRDD"],
  );
  for (const { name, traceId, startTimeUnixNano, endTimeUnixNano } of inside) {
    assert.equal(traceId, first?.traceId);
    assert.ok(BigInt(endTimeUnixNano) >= BigInt(startTimeUnixNano), name);
    // Tasks go by the time of their host, which a clock that stands still is not.
    if (name.startsWith("stage")) continue;
    assert.ok(BigInt(startTimeUnixNano) >= BigInt(first?.startTimeUnixNano as string), name);
    assert.ok(BigInt(endTimeUnixNano) <= BigInt(first?.endTimeUnixNano as string), name);
  }
});

test("a batch that fails has the status error, with its code and the first line of why, and so has its output", async (t) => {
  const { receiver, register, flush } = await sdk(t);
  register();
  const { ssc, clock } = job(t, { fails: "b" });
  const ended = ssc.awaitTermination().catch((error: unknown) => error);
  await ssc.start();
  await clock.advance(2_000);
  await ended;
  await flush();
  const [, failed] = receiver.spans.filter(({ name }) => name === "batch");
  assert.equal(failed?.status.code, 2);
  assert.match(
    failed?.status.message ?? "",
    /^\[USER_FUNCTION_FAILED\] the function of flatMap .* caused by it went wrong/,
  );
  const type = failed?.attributes.find(({ key }) => key === "error.type");
  assert.equal(type?.value.stringValue, "USER_FUNCTION_FAILED");
  const output = receiver.spans.find(
    ({ name, parentSpanId }) => /^output/.test(name) && parentSpanId === failed?.spanId,
  );
  assert.equal(output?.status.code, 2);
  assert.deepEqual(receiver.values("dstream.batches.failed"), { "": 1 });
});

test("an SDK that is registered while the job runs gets sums since the start, and batches from then on", async (t) => {
  const { receiver, register, flush } = await sdk(t);
  const { ssc, clock } = job(t);
  await ssc.start();
  await clock.advance(1_000);
  register();
  await clock.advance(1_000);
  // What is loaded now hears of the next batch.
  await import("../../../src/ui/telemetry/telemetry.ts");
  await clock.advance(1_000);
  await flush();
  assert.deepEqual(receiver.values("dstream.batches.completed"), { "": 3 });
  assert.deepEqual(receiver.values("dstream.batch.processing.seconds"), { "": 1 });
  assert.equal(receiver.spans.filter(({ name }) => name === "batch").length, 1);
});

test("what a job had measured when it ended is in the last export, and the next job begins again", async (t) => {
  const { receiver, register, flush } = await sdk(t);
  register();
  const first = job(t);
  await first.ssc.start();
  await first.clock.advance(2_000);
  await first.ssc.stop();
  await flush();
  assert.deepEqual(receiver.values("dstream.batches.completed"), { "": 2 });
  const second = job(t);
  await second.ssc.start();
  await second.clock.advance(1_000);
  await flush();
  assert.deepEqual(receiver.values("dstream.batches.completed"), { "": 1 });
  assert.deepEqual(receiver.values("dstream.batch.processing.seconds"), { "": 3 });
});

test("a second registration is refused by the API, and changes nothing", async (t) => {
  const { receiver, register, flush } = await sdk(t);
  register();
  const { ssc, clock } = job(t);
  await ssc.start();
  await clock.advance(1_000);
  assert.equal(metricsApi.setGlobalMeterProvider(new MeterProvider()), false);
  await clock.advance(1_000);
  await flush();
  assert.deepEqual(receiver.values("dstream.batches.completed"), { "": 2 });
});

test("a meter and a tracer that throw are a warning, and every batch runs", async (t) => {
  const logger = new RecordedLog();
  const broken = (): never => {
    throw new Error("broken SDK");
  };
  t.after(unregister);
  metricsApi.setGlobalMeterProvider({ getMeter: broken });
  traceApi.setGlobalTracerProvider({ getTracer: () => ({ startSpan: broken, startActiveSpan: broken }) });
  const { ssc, clock } = job(t, { logger });
  await ssc.start();
  await clock.advance(3_000);
  await ssc.stop();
  await setImmediate();
  assert.equal(ssc.progress.batchesCompleted, 3);
  assert.deepEqual(logger.warnings("TELEMETRY_FAILED"), [
    "an OpenTelemetry SDK failed, and the job goes on without what it would have got: Error: broken SDK",
  ]);
});

test("without an SDK nothing of OpenTelemetry is made, and nothing is said", async (t) => {
  const logger = new RecordedLog();
  const { ssc, clock } = job(t, { logger });
  await ssc.start();
  await clock.advance(2_000);
  await ssc.stop();
  await setImmediate();
  assert.deepEqual(logger.warnings("TELEMETRY_FAILED"), []);
  assert.equal(Object.hasOwn(globalThis[Symbol.for("opentelemetry.js.api.1") as never] ?? {}, "metrics"), false);
});
