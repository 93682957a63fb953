import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { metrics as metricsApi, trace as traceApi } from "@opentelemetry/api";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";

/** An SDK of OpenTelemetry that sends over HTTP. */
export interface OtlpSdk {
  register(): void;
  flush(): Promise<void>;
}

/** Nothing is sent before `flush`. When the test ends, nothing of it is registered any more. */
export function otlpSdk(t: TestContext, url: string): OtlpSdk {
  const exporter = new OTLPMetricExporter({ url: `${url}/v1/metrics` });
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const meters = new MeterProvider({ readers: [reader] });
  const processor = new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: `${url}/v1/traces` }) });
  const tracers = new TracerProvider({ spanProcessors: [processor] });
  t.after(async () => {
    unregister();
    await Promise.all([meters.shutdown(), tracers.shutdown()]);
  });
  return {
    register() {
      assert.ok(metricsApi.setGlobalMeterProvider(meters));
      assert.ok(traceApi.setGlobalTracerProvider(tracers));
    },
    async flush() {
      await Promise.all([meters.forceFlush(), tracers.forceFlush()]);
    },
  };
}

export function unregister(): void {
  metricsApi.disable();
  traceApi.disable();
}
