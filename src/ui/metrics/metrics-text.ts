import type { Family, HistogramValue, Labels } from "./samples.ts";

export const openMetricsType = "application/openmetrics-text; version=1.0.0; charset=utf-8";
export const prometheusType = "text/plain; version=0.0.4; charset=utf-8";

/**
 * Metrics as text: OpenMetrics 1.0, or the older form of Prometheus (0.0.4), in which counters have `_total` in their family's name, quotes
 * stay as they are in helps, and there is no unit and no end.
 */
export function metricsText(families: readonly Family[], form: "openmetrics" | "prometheus"): string {
  const isOpen = form === "openmetrics";
  const lines = families.flatMap(({ metric, samples }) => {
    const { name, type, unit, help } = metric;
    const total = type === "counter" ? `${name}_total` : name;
    const family = isOpen ? name : total;
    return [
      `# TYPE ${family} ${type}`,
      ...(isOpen && unit !== undefined && name.endsWith(`_${unit}`) ? [`# UNIT ${family} ${unit}`] : []),
      `# HELP ${family} ${isOpen ? quoted(help) : escaped(help)}`,
      ...samples.flatMap(({ labels, value }) =>
        typeof value === "number"
          ? `${total}${labelText(labels)} ${numberText(value)}`
          : histogramLines(name, labels, value),
      ),
    ];
  });
  return `${[...lines, ...(isOpen ? ["# EOF"] : [])].join("\n")}\n`;
}

function histogramLines(name: string, labels: Labels, { buckets, sum, count }: HistogramValue): string[] {
  const all = [...buckets.map(([boundary, below]) => [decimal(boundary), below] as const), ["+Inf", count] as const];
  return [
    ...all.map(([le, below]) => `${name}_bucket${labelText({ ...labels, le })} ${below}`),
    `${name}_sum${labelText(labels)} ${numberText(sum)}`,
    `${name}_count${labelText(labels)} ${count}`,
  ];
}

/** OpenMetrics wants boundaries as floats: "1.0". */
const decimal = (boundary: number): string => (Number.isInteger(boundary) ? `${boundary}.0` : String(boundary));

function labelText(labels: Labels): string {
  const all = Object.entries(labels).map(([name, value]) => `${name}="${quoted(value)}"`);
  return all.length === 0 ? "" : `{${all.join(",")}}`;
}

/** Accumulators may have any value. */
function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

const escaped = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
const quoted = (text: string): string => escaped(text).replaceAll('"', '\\"');
