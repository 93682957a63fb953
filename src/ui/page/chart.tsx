import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { clockTime } from "./format.ts";

export interface Series {
  readonly label: string;
  /** A custom property of the style sheet: "--blue". */
  readonly color: string;
  readonly values: readonly (number | null | undefined)[];
  readonly dashed?: boolean;
}

interface ChartProps {
  readonly title: string;
  /** What the chart tells now, for people who do not see it. */
  readonly summary: string;
  /** Epoch ms. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  readonly show: (value: number) => string;
}

const height = 150;
const scheme = matchMedia("(prefers-color-scheme: dark)");

/** Lines over the batches' times. */
export function Chart({ title, summary, times, series, show }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const shape = series.map(({ label }) => label).join("|");
  const isDark = useDark();
  useEffect(() => {
    const target = place.current;
    if (target === null) return undefined;
    const chart = new uPlot(options(target, series, show), data(times, series), target);
    plot.current = chart;
    const observer = new ResizeObserver(() => chart.setSize({ width: target.clientWidth, height }));
    observer.observe(target);
    return () => {
      observer.disconnect();
      chart.destroy();
    };
    // The lines are made again only when there are other ones, or other colors; their data comes by the effect below.
  }, [shape, isDark]);
  useEffect(() => plot.current?.setData(data(times, series)), [times, series]);
  return (
    <figure class="chart">
      <figcaption>
        {title} <span class="summary">{summary}</span>
      </figcaption>
      <div ref={place} role="img" aria-label={`${title}: ${summary}`} />
    </figure>
  );
}

/** Whether the page is dark now. */
function useDark(): boolean {
  const [isDark, setDark] = useState(scheme.matches);
  useEffect(() => {
    const changed = (): void => setDark(scheme.matches);
    scheme.addEventListener("change", changed);
    return () => scheme.removeEventListener("change", changed);
  }, []);
  return isDark;
}

function data(times: readonly number[], series: readonly Series[]): uPlot.AlignedData {
  return [times.map((time) => time / 1_000), ...series.map(({ values }) => [...values])] as uPlot.AlignedData;
}

function options(target: HTMLElement, series: readonly Series[], show: (value: number) => string): uPlot.Options {
  const color = (name: string) => (): string => getComputedStyle(document.documentElement).getPropertyValue(name);
  const axis = { stroke: color("--muted"), grid: { stroke: color("--line"), width: 1 }, ticks: { show: false } };
  return {
    width: target.clientWidth || 300,
    height,
    // The last time on the axis is as wide as others.
    padding: [null, 28, null, null],
    cursor: { y: false, drag: { x: true, y: false } },
    legend: { live: true },
    scales: { y: { range: (_, low, high) => [Math.min(0, low), high <= 0 ? 1 : high * 1.1] } },
    axes: [
      { ...axis, size: 24, space: 70, values: (_, ticks) => ticks.map((tick) => clockTime(tick * 1_000)) },
      { ...axis, size: 62, values: (_, ticks) => ticks.map(show) },
    ],
    series: [
      { value: legendValue((time) => clockTime(time * 1_000, true)), label: "batch" },
      ...series.map(({ label, color: name, dashed }) => ({
        label,
        stroke: color(name),
        width: 1.5,
        points: { show: false },
        ...(dashed && { dash: [5, 4] }),
        value: legendValue(show),
      })),
    ],
  };
}

/** At the cursor; while there is none, of the last batch. */
function legendValue(show: (value: number) => string) {
  return ({ data: all }: uPlot, value: number | null, index: number, at: number | null): string => {
    const shown = at === null || at === undefined ? all[index]?.at(-1) : value;
    return shown === null || shown === undefined ? "–" : show(shown);
  };
}
