import { writeFileSync } from "node:fs";
import { type Metric, metrics } from "../src/ui/metrics/metric-table.ts";
import { instrumentName } from "../src/ui/telemetry/exported-metrics.ts";

// What is made of the table of metrics: a Grafana dashboard, and the page of the reference. `npm run dashboard` writes them anew; a test
// compares.

interface Panel {
  readonly title: string;
  readonly description?: string;
  /** As Grafana calls it. */
  readonly unit: string;
  readonly kind?: "timeseries" | "stat";
  /** Of 24. */
  readonly width: number;
  /** Queries by their legends. */
  readonly targets: Readonly<Record<string, string>>;
}

const interval = "$__rate_interval";
/** With the job that the dashboard's variable names. */
const of = (name: string, suffix = ""): string => `${name}${suffix}{job=~"$job"}`;
const gauge = ({ name }: Metric): string => of(name);
const rate = ({ name }: Metric, by = "job"): string => `sum by (${by}) (rate(${of(name, "_total")}[${interval}]))`;
const increase = ({ name }: Metric, by = "job"): string =>
  `sum by (${by}) (increase(${of(name, "_total")}[${interval}]))`;
const quantile = (q: number, { name }: Metric, by = "job"): string =>
  `histogram_quantile(${q}, sum by (le, ${by}) (rate(${of(name, "_bucket")}[${interval}])))`;
const mean = ({ name }: Metric, by = "job"): string =>
  `sum by (${by}) (rate(${of(name, "_sum")}[${interval}])) / sum by (${by}) (rate(${of(name, "_count")}[${interval}]))`;
const sum = ({ name }: Metric, by = "job"): string => `sum by (${by}) (${of(name)})`;

const m = metrics;
const rows: Readonly<Record<string, readonly Panel[]>> = {
  "Does it keep up?": [
    {
      ...{ title: "Total delay", unit: "s", width: 8 },
      description: "From a batch's plan to its commit. A job keeps up while it does not grow.",
      targets: { "p50 {{job}}": quantile(0.5, m.totalDelay), "p99 {{job}}": quantile(0.99, m.totalDelay) },
    },
    { title: "Batches that wait", unit: "short", width: 4, targets: { "{{job}}": gauge(m.batchesWaiting) } },
    { title: "Stands still", unit: "s", width: 4, kind: "stat", targets: { "{{job}}": gauge(m.stalled) } },
    {
      ...{ title: "Retries and failures", unit: "short", width: 8 },
      targets: {
        "retries {{job}}": increase(m.batchRetries),
        "failed {{job}}": increase(m.batchesFailed),
        "workers replaced {{job}}": increase(m.workerRestarts),
      },
    },
  ],
  "What comes in": [
    { title: "Records a second", unit: "short", width: 8, targets: { "{{source}}": rate(m.records, "source") } },
    {
      ...{ title: "Lag by topic", unit: "short", width: 8 },
      description: "Records that were left for later batches when the last one was planned.",
      targets: { "{{topic}} {{group}}": sum(m.kafkaLag, "topic, group") },
    },
    { title: "Lag of all sources", unit: "short", width: 4, targets: { "{{job}}": gauge(m.lag) } },
    {
      title: "Receivers that run",
      unit: "short",
      width: 4,
      kind: "stat",
      targets: { "{{job}}": gauge(m.receiversActive) },
    },
    {
      title: "Offsets a second",
      unit: "short",
      width: 8,
      targets: { "{{topic}}": `sum by (topic) (deriv(${gauge(m.kafkaOffset)}[${interval}]))` },
    },
    {
      title: "Waiting for Kafka, a batch",
      unit: "s",
      width: 8,
      targets: { "mean {{job}}": mean(m.kafkaFetch), "p99 {{job}}": quantile(0.99, m.kafkaFetch) },
    },
    { title: "Batches a second", unit: "short", width: 8, targets: { "{{job}}": rate(m.batchesCompleted) } },
  ],
  "Where the time goes": [
    {
      title: "Processing time",
      unit: "s",
      width: 8,
      targets: { "p50 {{job}}": quantile(0.5, m.processing), "p99 {{job}}": quantile(0.99, m.processing) },
    },
    {
      title: "Scheduling delay",
      unit: "s",
      width: 8,
      targets: { "p50 {{job}}": quantile(0.5, m.schedulingDelay), "p99 {{job}}": quantile(0.99, m.schedulingDelay) },
    },
    { title: "Commit by phase", unit: "s", width: 8, targets: { "{{phase}}": mean(m.commit, "phase") } },
    { title: "Stages", unit: "s", width: 8, targets: { "stage {{stage}}": mean(m.stage, "stage") } },
    {
      title: "Tasks, p99",
      unit: "s",
      width: 8,
      targets: { "stage {{stage}}": quantile(0.99, m.taskSeconds, "stage") },
    },
    { title: "Tasks a second", unit: "short", width: 4, targets: { "stage {{stage}}": rate(m.tasks, "stage") } },
    {
      title: "Bytes between stages",
      unit: "Bps",
      width: 4,
      targets: { "stage {{stage}}": rate(m.shuffleBytes, "stage") },
    },
  ],
  "State and output": [
    {
      title: "Entries of state",
      unit: "short",
      width: 8,
      targets: { "{{operator}}": sum(m.stateEntries, "operator") },
    },
    {
      title: "State in files",
      unit: "bytes",
      width: 8,
      targets: { "{{operator}}": sum(m.stateBytes, "operator"), "checkpoint {{job}}": gauge(m.checkpointBytes) },
    },
    {
      title: "Records to Kafka a second",
      unit: "short",
      width: 4,
      targets: { "{{topic}}": rate(m.kafkaProduced, "topic") },
    },
    { title: "Transactions", unit: "short", width: 4, targets: { "{{result}}": increase(m.transactions, "result") } },
  ],
  "The program": [
    { title: "Accumulators", unit: "short", width: 6, targets: { "{{name}}": gauge(m.accumulator) } },
    { title: "Driver's heap", unit: "bytes", width: 6, targets: { "{{job}}": gauge(m.heapUsed) } },
    { title: "Driver's event loop delay", unit: "s", width: 6, targets: { "p99 {{job}}": gauge(m.eventLoopDelay) } },
    {
      title: "Garbage collection, share of time",
      unit: "percentunit",
      width: 6,
      targets: { "{{job}}": rate(m.gcSeconds) },
    },
  ],
};

const rowHeight = 7;
const datasource = { type: "prometheus", uid: "$datasource" };

/** The dashboard, as Grafana imports it. */
export function dashboardText(): string {
  const panels: object[] = [];
  let y = 0;
  for (const [title, row] of Object.entries(rows)) {
    panels.push({
      id: panels.length + 1,
      type: "row",
      title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y: y++, w: 24, h: 1 },
    });
    let x = 0;
    for (const panel of row) {
      if (x + panel.width > 24) {
        x = 0;
        y += rowHeight;
      }
      panels.push(panelOf(panel, panels.length + 1, { x, y, w: panel.width, h: rowHeight }));
      x += panel.width;
    }
    y += rowHeight;
  }
  const job = {
    ...{ name: "job", label: "Job", type: "query", datasource, includeAll: true, multi: true, refresh: 2, sort: 1 },
    query: { query: `label_values(${m.batchesWaiting.name}, job)`, refId: "job" },
  };
  const dashboard = {
    ...{ uid: "dstream", title: "dstream", tags: ["dstream"], editable: true, schemaVersion: 39, version: 1 },
    ...{ refresh: "10s", time: { from: "now-1h", to: "now" }, timezone: "" },
    templating: { list: [{ name: "datasource", label: "Prometheus", type: "datasource", query: "prometheus" }, job] },
    panels,
  };
  return `${JSON.stringify(dashboard, undefined, 2)}\n`;
}

function panelOf(
  { title, description, unit, kind = "timeseries", targets }: Panel,
  id: number,
  gridPos: object,
): object {
  return {
    ...{ id, type: kind, title, ...(description !== undefined && { description }), datasource, gridPos },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    targets: Object.entries(targets).map(([legendFormat, expr], i) => ({
      ...{ refId: String.fromCharCode(65 + i), datasource, expr, legendFormat },
    })),
  };
}

/** docs/reference/metrics.md. */
export function metricsPage(): string {
  const lines = Object.values(metrics).map((metric) => {
    const { name, type, help, labels } = metric;
    const shown = type === "counter" ? `${name}_total` : name;
    const open = name.startsWith("dstream_") ? `\`${instrumentName(metric)}\`` : "";
    return `| \`${shown}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(", ")} | ${help} | ${open} |`;
  });
  return `# Metrics

<!-- Written by \`npm run dashboard\` from src/ui/metrics/metric-table.ts. -->

Of a job with [\`ui\`](../guide/seeing-a-job.md#metrics) at \`/metrics\`, and of one whose program has registered an SDK of
[OpenTelemetry](../guide/seeing-a-job.md#opentelemetry) there, under the name of the last column. Sums begin with the job's start. A metric of
which nothing is known has no samples.

| metric | type | labels | what | OpenTelemetry |
| --- | --- | --- | --- | --- |
${lines.join("\n")}

- **\`partition\`** is missing where a stream has more than 1,000 partitions: then the sample is of the whole topic. Of more than 1,000 topics
  there are none but \`dstream_lag\`. This cannot be changed; Kafka's own tools show the lag of the group, of each partition.
- **\`stage\`** counts from 0, the stage that reads.
- **Histograms** have boundaries from 1 ms to 300 s. A stage of more than 1,000 tasks counts its tasks by their mean.
- **\`dstream_worker_restarts_total\`** is known on \`local[n]\`. On Spark workers are Spark's to restart.
- **\`dstream_transactions_total\`** is there from the first transaction on.
`;
}

/** What is made, by the path of its file. */
export const generated: Readonly<Record<string, () => string>> = {
  "docs/grafana/dstream.json": dashboardText,
  "docs/reference/metrics.md": metricsPage,
};

if (import.meta.main) for (const [path, text] of Object.entries(generated)) writeFileSync(path, text());
