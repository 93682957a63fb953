interface HistogramProps {
  readonly title: string;
  readonly values: readonly number[];
  readonly show: (value: number) => string;
}

const bins = 24;

/** How often values were how large, and their median and 99th percentile. */
export function Histogram({ title, values, show }: HistogramProps) {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const most = sorted.at(-1) as number;
  const width = most === 0 ? 1 : most / bins;
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    const bin = Math.min(bins - 1, Math.floor(value / width));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const highest = Math.max(...counts);
  const text = `median ${show(quantile(sorted, 0.5))}, 99th percentile ${show(quantile(sorted, 0.99))}, most ${show(most)}`;
  return (
    <figure class="histogram">
      <figcaption>
        {title} <span class="summary">{text}</span>
      </figcaption>
      <svg viewBox={`0 0 ${bins} 20`} preserveAspectRatio="none" role="img" aria-label={`${title}: ${text}`}>
        {counts.map((each, i) => {
          const height = (20 * each) / highest;
          return <rect key={i} x={i + 0.1} y={20 - height} width={0.8} height={height} />;
        })}
      </svg>
      <div class="range">
        <span>0</span>
        <span>{show(most)}</span>
      </div>
    </figure>
  );
}

/** Of sorted values. */
export function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
}
