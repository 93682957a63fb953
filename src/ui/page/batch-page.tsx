import { useEffect, useRef, useState } from "preact/hooks";
import type { Phase, StageFacts, StageTiming } from "../../listeners/facts/batch-facts.ts";
import type { TaskTime } from "../../listeners/facts/task-facts.ts";
import type { BatchView } from "../views/batch-view.ts";
import type { BatchRow } from "../views/page-data.ts";
import { ask, refusalText } from "./api.ts";
import { bytes, count, dateTime, duration, plural } from "./format.ts";
import { Gantt, type GanttRow } from "./gantt.tsx";
import { Columns, Scroll } from "./table.tsx";

const phases: readonly Phase[] = ["plan", "log", "read", "compute", "prepare", "commit"];
const timeNames: readonly (keyof TaskTime)[] = ["fetch", "functions", "exchange", "state", "sink"];
const stageNumbers = ["Tasks", ...timeNames, "Slowest : mean"];
const rangeNumbers = ["From offset", "Until offset", "Records"];
const maxRows = 200;

interface BatchPageProps {
  readonly time: number;
  /** What the list says of it; undefined where it is not kept. */
  readonly row: BatchRow | undefined;
  /** Whether batches are shorter than a second. */
  readonly withMs: boolean;
}

/** All that is known of one batch; where the job does not answer any more, what the list says of it. */
export function BatchPage({ time, row, withMs }: BatchPageProps) {
  const [batch, setBatch] = useState<BatchView | undefined>();
  const [refusal, setRefusal] = useState<string | undefined>();
  const heading = useRef<HTMLHeadingElement>(null);
  // Who came by keyboard goes on from here.
  useEffect(() => heading.current?.focus(), [time]);
  useEffect(() => {
    let isShown = true;
    setRefusal(undefined);
    ask<BatchView>(`batches/${time}`).then(
      (answer) => isShown && setBatch(answer),
      (error: unknown) => isShown && setRefusal(refusalText(error)),
    );
    return () => {
      isShown = false;
    };
    // Asked for again when there is news of it.
  }, [time, row?.status, row?.outputsDone]);
  const known = batch?.time === time ? batch : undefined;
  return (
    <section aria-labelledby="batch" class="batch">
      <p>
        <a href="#/">← All batches</a>
      </p>
      <h2 id="batch" ref={heading} tabIndex={-1}>
        Batch {dateTime(time, withMs)}
      </h2>
      {refusal !== undefined && <p class="error">{refusal}</p>}
      {known !== undefined && (known.status === row?.status || refusal === undefined) ? (
        <Details batch={known} />
      ) : (
        row !== undefined && <InShort batch={row} />
      )}
    </section>
  );
}

type Short = Pick<
  BatchRow,
  "status" | "records" | "schedulingDelay" | "processingDelay" | "totalDelay" | "retries" | "failureReason"
>;

function InShort({ batch }: { readonly batch: Short }) {
  const { status, records, schedulingDelay, processingDelay, totalDelay, retries = 0, failureReason } = batch;
  return (
    <>
      <p class="facts">
        <span>{status}</span>
        <span>{plural(records, "record")}</span>
        <span>scheduling delay {duration(schedulingDelay)}</span>
        <span>processing time {duration(processingDelay)}</span>
        <span>total delay {duration(totalDelay)}</span>
        {retries > 0 && <span>run again {plural(retries, "time")}</span>}
      </p>
      {failureReason !== undefined && <pre class="error">{failureReason}</pre>}
    </>
  );
}

function Details({ batch }: { readonly batch: BatchView }) {
  const { facts, outputs, inputs, stalls = [] } = batch;
  return (
    <>
      <InShort batch={{ ...batch, ...(facts !== undefined && { retries: facts.retries }) }} />
      {stalls.map(({ since, until, waitsFor }) => (
        <p class="error" key={since}>
          No progress from {dateTime(since)} {until === undefined ? "until now" : `to ${dateTime(until)}`}: {waitsFor}
        </p>
      ))}
      {facts !== undefined && <Gantt title="Phases, stages and tasks" rows={rowsOf(batch)} />}
      {facts !== undefined && facts.stages.length > 0 && <Stages stages={facts.stages} />}
      <h3>Input</h3>
      {inputs.length === 0 && <p class="empty">No input stream had an RDD.</p>}
      {inputs.map(({ streamId, name, records, numPartitions, offsetRanges }) => (
        <details key={streamId} open={offsetRanges.length <= 20}>
          <summary>
            {name}: {plural(records, "record")}
            {numPartitions > 0 && ` of ${plural(numPartitions, "partition")}`}
          </summary>
          {offsetRanges.length > 0 && <Ranges ranges={offsetRanges} numPartitions={numPartitions} />}
        </details>
      ))}
      {facts !== undefined && facts.edges.length > 0 && (
        <>
          <h3>Shuffles</h3>
          <ul>
            {facts.edges.map(({ from, to, blocks, bytes: size }) => (
              <li key={`${from}→${to}`}>
                {from} → {to}: {bytes(size)} in {plural(blocks, "block")}
              </li>
            ))}
          </ul>
        </>
      )}
      <h3>Outputs</h3>
      <ul class="outputs">
        {outputs.map(({ id, name, startTime, endTime, failureReason: reason }) => (
          <li key={id}>
            {name} {endTime !== undefined && startTime !== undefined ? duration(endTime - startTime) : "has not ended"}
            {reason !== undefined && <pre class="error">{reason}</pre>}
          </li>
        ))}
      </ul>
      {facts !== undefined && facts.state.length > 0 && (
        <>
          <h3>State after the batch</h3>
          <ul>
            {facts.state.map(({ operator, entries, bytes: size }) => (
              <li key={operator}>
                {operator}: {count(entries)} entries, {bytes(size)} in files
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function rowsOf({ facts, outputs }: BatchView): GanttRow[] {
  if (facts === undefined) return [];
  const ofPhases = phases.flatMap((phase): GanttRow[] => {
    const span = facts.phases[phase];
    return span === undefined ? [] : [{ name: phase, span, kind: "phase" }];
  });
  const ofStages = facts.stages.flatMap(({ stage, operators, numTasks, timing }): GanttRow[] => {
    if (timing === undefined) return [];
    const note = `${plural(numTasks, "task")}, ${operators.join(", ")}`;
    const tasks = (timing.tasks ?? []).slice(0, maxRows).map(({ index, ...span }): GanttRow => {
      return { name: `stage ${stage}, partition ${index}`, span, kind: "task" };
    });
    return [{ name: `stage ${stage}`, span: timing, kind: "stage", note }, ...tasks];
  });
  const ofOutputs = outputs.flatMap(({ name, startTime, endTime }): GanttRow[] => {
    if (startTime === undefined || endTime === undefined) return [];
    return [{ name, span: { start: startTime, ms: endTime - startTime }, kind: "output" }];
  });
  return [...ofPhases, ...ofStages, ...ofOutputs];
}

function Stages({ stages }: { readonly stages: readonly StageFacts[] }) {
  return (
    <Scroll label="Table of stages">
      <table>
        <caption>Where the tasks' time went</caption>
        <Columns names={["Stage", ...stageNumbers]} numbers={stageNumbers} />
        <tbody>
          {stages.map(({ stage, operators, numTasks, timing }) => (
            <tr key={stage}>
              <th scope="row">
                {stage} <small>{operators.join(", ")}</small>
              </th>
              <td class="number">{count(numTasks)}</td>
              {timeNames.map((name) => (
                <td key={name} class="number">
                  {duration(timing?.time[name])}
                </td>
              ))}
              <td class="number">{skewText(timing)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function skewText(timing: StageTiming | undefined): string {
  if (timing === undefined || timing.numTasks < 2) return "–";
  const { slowest, numTasks, taskMs } = timing;
  return `${((slowest.ms * numTasks) / taskMs).toFixed(1)} × (partition ${slowest.index})`;
}

interface RangesProps {
  readonly numPartitions: number;
  readonly ranges: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly fromOffset: number;
    readonly untilOffset: number;
  }[];
}

function Ranges({ ranges, numPartitions }: RangesProps) {
  const shown = ranges.slice(0, maxRows);
  return (
    <Scroll label="Table of partitions">
      <table>
        <Columns names={["Partition", ...rangeNumbers]} numbers={rangeNumbers} />
        <tbody>
          {shown.map(({ topic, partition, fromOffset, untilOffset }) => (
            <tr key={`${topic}-${partition}`}>
              <th scope="row">
                {topic} {partition}
              </th>
              <td class="number">{count(fromOffset)}</td>
              <td class="number">{count(untilOffset)}</td>
              <td class="number">{count(untilOffset - fromOffset)}</td>
            </tr>
          ))}
          {numPartitions > shown.length && (
            <tr>
              <th scope="row">and {count(numPartitions - shown.length)} more</th>
            </tr>
          )}
        </tbody>
      </table>
    </Scroll>
  );
}
