import assert from "node:assert/strict";
import { test } from "node:test";
import type { Metric } from "./metric-table.ts";
import { metricsText } from "./metrics-text.ts";
import { type Family, Histogram } from "./samples.ts";

const counter: Metric = { name: "dstream_rows", type: "counter", help: 'Rows of "a\\b",\nby name.', labels: ["name"] };
const gauge: Metric = { name: "dstream_state_bytes", type: "gauge", unit: "bytes", help: "State.", labels: [] };
const histogram: Metric = {
  name: "dstream_t_seconds",
  type: "histogram",
  unit: "seconds",
  help: "T.",
  labels: ["stage"],
};

function families(): Family[] {
  const times = new Histogram();
  for (const seconds of [0.001, 0.0011, 0.25, 1, 301]) times.add(seconds);
  return [
    {
      metric: counter,
      samples: [
        { labels: { name: 'a "b"\\c\nd' }, value: 3 },
        { labels: { name: "é" }, value: 1e21 },
      ],
    },
    { metric: gauge, samples: [{ labels: {}, value: 0.1 }] },
    { metric: { ...counter, name: "dstream_none" }, samples: [] },
    { metric: histogram, samples: [{ labels: { stage: "0" }, value: times.value }] },
  ];
}

const boundaries = [
  ["0.001", 1],
  ["0.0025", 2],
  ["0.005", 2],
  ["0.01", 2],
  ["0.025", 2],
  ["0.05", 2],
  ["0.1", 2],
  ["0.25", 3],
  ["0.5", 3],
  ["1.0", 4],
  ["2.5", 4],
  ["5.0", 4],
  ["10.0", 4],
  ["30.0", 4],
  ["60.0", 4],
  ["300.0", 4],
  ["+Inf", 5],
] as const;
const histogramLines = [
  ...boundaries.map(([le, count]) => `dstream_t_seconds_bucket{stage="0",le="${le}"} ${count}`),
  `dstream_t_seconds_sum{stage="0"} ${0.001 + 0.0011 + 0.25 + 1 + 301}`,
  'dstream_t_seconds_count{stage="0"} 5',
];

test("OpenMetrics 1.0: counters lose _total in their family, units are told, quotes are escaped, and there is an end", () => {
  assert.deepEqual(metricsText(families(), "openmetrics").split("\n"), [
    "# TYPE dstream_rows counter",
    '# HELP dstream_rows Rows of \\"a\\\\b\\",\\nby name.',
    'dstream_rows_total{name="a \\"b\\"\\\\c\\nd"} 3',
    'dstream_rows_total{name="é"} 1e+21',
    "# TYPE dstream_state_bytes gauge",
    "# UNIT dstream_state_bytes bytes",
    "# HELP dstream_state_bytes State.",
    "dstream_state_bytes 0.1",
    "# TYPE dstream_none counter",
    '# HELP dstream_none Rows of \\"a\\\\b\\",\\nby name.',
    "# TYPE dstream_t_seconds histogram",
    "# UNIT dstream_t_seconds seconds",
    "# HELP dstream_t_seconds T.",
    ...histogramLines,
    "# EOF",
    "",
  ]);
});

test("Prometheus 0.0.4: counters keep _total, a help keeps its quotes, and there is neither unit nor end", () => {
  assert.deepEqual(metricsText(families(), "prometheus").split("\n"), [
    "# TYPE dstream_rows_total counter",
    '# HELP dstream_rows_total Rows of "a\\\\b",\\nby name.',
    'dstream_rows_total{name="a \\"b\\"\\\\c\\nd"} 3',
    'dstream_rows_total{name="é"} 1e+21',
    "# TYPE dstream_state_bytes gauge",
    "# HELP dstream_state_bytes State.",
    "dstream_state_bytes 0.1",
    "# TYPE dstream_none_total counter",
    '# HELP dstream_none_total Rows of "a\\\\b",\\nby name.',
    "# TYPE dstream_t_seconds histogram",
    "# HELP dstream_t_seconds T.",
    ...histogramLines,
    "",
  ]);
});

test("numbers that are none are written as both forms have them", () => {
  const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0.5];
  const lines = metricsText(
    [{ metric: gauge, samples: values.map((value) => ({ labels: {}, value })) }],
    "prometheus",
  ).split("\n");
  const shown = lines.slice(2, -1).map((line) => line.replace("dstream_state_bytes ", ""));
  assert.deepEqual(shown, ["NaN", "+Inf", "-Inf", "-0.5"]);
});

test("a value on a boundary counts below it, one that came several times counts as often", () => {
  const times = new Histogram();
  times.add(0.5, 3);
  times.add(0.50001);
  const { buckets, sum, count } = times.value;
  const near = buckets.filter(([boundary]) => boundary >= 0.25 && boundary <= 1);
  assert.deepEqual(near, [
    [0.25, 0],
    [0.5, 3],
    [1, 4],
  ]);
  assert.deepEqual([sum, count], [2.00001, 4]);
});
