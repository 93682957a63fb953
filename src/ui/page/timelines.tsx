import { useMemo } from "preact/hooks";
import type { Phase } from "../../listeners/facts/batch-facts.ts";
import type { BatchRow, JobView } from "../views/page-data.ts";
import { Chart, type Series } from "./chart.tsx";
import { bytes, duration, rate, shortCount } from "./format.ts";
import { Histogram } from "./histogram.tsx";

const colors = ["--blue", "--orange", "--green", "--purple", "--red", "--teal"];
const phaseNames: readonly Phase[] = ["plan", "log", "read", "compute", "prepare", "commit"];

/** Spark's timelines and histograms, and where each batch's time went. */
export function Timelines({ view }: { readonly view: JobView }) {
  const { job, batches } = view;
  const ended = useMemo(() => batches.filter(({ totalDelay }) => totalDelay !== undefined), [batches]);
  const times = useMemo(() => ended.map(({ time }) => time), [ended]);
  const last = ended.at(-1);
  const perSecond = (records: number | undefined): number => ((records ?? 0) * 1_000) / job.batchInterval;
  const inputs: Series[] = useMemo(() => {
    const all = { label: "all", color: "--blue", values: ended.map(({ records }) => perSecond(records)) };
    if (job.inputs.length < 2) return [all];
    const own = job.inputs.slice(0, colors.length - 1).map((label, i) => ({
      ...{ label, color: colors[i + 1] as string },
      values: ended.map((batch) => perSecond(batch.inputs[i])),
    }));
    return [all, ...own];
  }, [ended]);
  const delays = useMemo(
    () => [
      line("processing", "--blue", ended, (batch) => batch.processingDelay),
      { label: "interval", color: "--muted", dashed: true, values: ended.map(() => job.batchInterval) },
      line("scheduling", "--orange", ended, (batch) => batch.schedulingDelay),
    ],
    [ended],
  );
  const total = useMemo(() => [line("total delay", "--blue", ended, (batch) => batch.totalDelay)], [ended]);
  const phases = useMemo(
    () => phaseNames.map((phase, i) => line(phase, colors[i] as string, ended, (batch) => batch.phases?.[phase])),
    [ended],
  );
  const lag = useMemo(() => [line("lag", "--orange", ended, (batch) => batch.lag)], [ended]);
  const state = useMemo(() => [line("entries", "--green", ended, (batch) => batch.stateEntries)], [ended]);
  const hasLag = ended.some((batch) => batch.lag !== undefined);
  const hasState = ended.some((batch) => (batch.stateEntries ?? 0) > 0);
  return (
    <section aria-labelledby="timelines">
      <h2 id="timelines">Timelines</h2>
      <div class="charts">
        <Chart title="Input rate" summary={rate(perSecond(last?.records))} times={times} series={inputs} show={rate} />
        <Chart
          title="Processing time and scheduling delay"
          summary={`${duration(last?.processingDelay)} and ${duration(last?.schedulingDelay)}`}
          {...{ times, series: delays, show: duration }}
        />
        <Chart title="Total delay" summary={duration(last?.totalDelay)} times={times} series={total} show={duration} />
        <Chart title="Phases" summary={longest(last)} times={times} series={phases} show={duration} />
        {hasLag && <Chart title="Lag" summary={shortCount(last?.lag)} times={times} series={lag} show={shortCount} />}
        {hasState && (
          <Chart
            title="Entries of state"
            summary={`${shortCount(last?.stateEntries)}, ${bytes(last?.stateBytes)}`}
            {...{ times, series: state, show: shortCount }}
          />
        )}
      </div>
      <div class="histograms">
        <Histogram title="Records a batch" values={ended.map(({ records }) => records)} show={shortCount} />
        <Histogram title="Processing time" values={known(ended, "processingDelay")} show={duration} />
        <Histogram title="Scheduling delay" values={known(ended, "schedulingDelay")} show={duration} />
        <Histogram title="Total delay" values={known(ended, "totalDelay")} show={duration} />
      </div>
    </section>
  );
}

function line(
  label: string,
  color: string,
  batches: readonly BatchRow[],
  value: (batch: BatchRow) => number | undefined,
): Series {
  return { label, color, values: batches.map((batch) => value(batch) ?? null) };
}

function known(batches: readonly BatchRow[], name: "processingDelay" | "schedulingDelay" | "totalDelay"): number[] {
  return batches.flatMap((batch) => batch[name] ?? []);
}

function longest(batch: BatchRow | undefined): string {
  const all = Object.entries(batch?.phases ?? {}).sort(([, a], [, b]) => b - a);
  return all[0] === undefined ? "–" : `most of it ${all[0][0]}, ${duration(all[0][1])}`;
}
