import { useState } from "preact/hooks";
import type { BatchStatus } from "../views/batch-view.ts";
import type { BatchRow, JobStatus, JobView } from "../views/page-data.ts";
import { stageProgressText } from "../views/stage-progress-text.ts";
import { clockTime, count, duration, isShort, plural } from "./format.ts";
import { Columns, Scroll } from "./table.tsx";

const shownAtFirst = 25;
const numbers = ["Records", "Scheduling", "Processing", "Total"];
const filters: readonly (BatchStatus | "all")[] = ["all", "waiting", "running", "completed", "failed"];

/** The batches that are kept, newest first; each leads to its own page. */
export function BatchTable({ view }: { readonly view: JobView }) {
  const [filter, setFilter] = useState<BatchStatus | "all">("all");
  const [shown, setShown] = useState(shownAtFirst);
  const all = view.batches.filter(({ status }) => filter === "all" || status === filter).toReversed();
  const withMs = isShort(view.job.batchInterval);
  return (
    <section aria-labelledby="batches">
      <h2 id="batches">Batches</h2>
      <fieldset class="filters">
        <legend class="hidden">Show batches that are</legend>
        {filters.map((name) => (
          <label key={name}>
            <input type="radio" name="status" checked={filter === name} onChange={() => setFilter(name)} />
            {name}
          </label>
        ))}
      </fieldset>
      <Scroll label="Table of batches">
        <table>
          <Columns names={["Time", "State", ...numbers, "Outputs"]} numbers={numbers} />
          <tbody>
            {all.slice(0, shown).map((batch) => (
              <Row key={batch.time} batch={batch} withMs={withMs} status={view.status} />
            ))}
          </tbody>
        </table>
      </Scroll>
      {all.length === 0 && <p class="empty">None.</p>}
      {all.length > shown && (
        <button type="button" onClick={() => setShown(shown + 100)}>
          Show more of {plural(all.length, "batch", "batches")}
        </button>
      )}
    </section>
  );
}

interface RowProps {
  readonly batch: BatchRow;
  readonly withMs: boolean;
  readonly status: JobStatus;
}

function Row({ batch, withMs, status: { now, runningStage } }: RowProps) {
  const { time, status, records, schedulingDelay, processingDelay, totalDelay, failureReason } = batch;
  const isLate = status === "waiting" && now - time > 0;
  return (
    <tr class={status}>
      <th scope="row">
        <a href={`#/batches/${time}`}>{clockTime(time, withMs)}</a>
      </th>
      <td>
        <span class={`dot ${status}`} aria-hidden="true" /> {status}
        {isLate && ` for ${duration(now - time)}`}
        {status === "running" && runningStage?.batchTime === time && `: ${stageProgressText(runningStage)}`}
        {failureReason !== undefined && <span class="error">{firstLine(failureReason)}</span>}
      </td>
      <td class="number">{count(records)}</td>
      <td class="number">{duration(schedulingDelay)}</td>
      <td class="number">{duration(processingDelay)}</td>
      <td class="number">{duration(totalDelay)}</td>
      <td>
        {batch.outputsDone}/{batch.outputsTotal}
        {batch.outputsFailed > 0 && `, ${batch.outputsFailed} failed`}
        {(batch.retries ?? 0) > 0 && `, run again ${plural(batch.retries as number, "time")}`}
      </td>
    </tr>
  );
}

export const firstLine = (text: string): string => text.split("\n", 1)[0] ?? "";
