import type { JobState, JobView, Problem } from "../views/page-data.ts";
import { clockTime, count, dateTime, duration, isShort, rate, shortCount } from "./format.ts";
import type { Connection } from "./job-store.ts";

const stateTexts: Readonly<Record<JobState, string>> = {
  starting: "starting",
  running: "keeps up",
  behind: "falls behind",
  stopping: "stopping",
  stopped: "stopped",
  failed: "failed",
  unended: "killed or still running",
};

/** What the job is, whether it keeps up, and what is wrong. */
export function Header({ view, connection }: { readonly view: JobView; readonly connection: Connection }) {
  const { job, status } = view;
  const last = view.batches.findLast(({ totalDelay }) => totalDelay !== undefined);
  const isLost = connection === "lost" || connection === "connecting";
  return (
    <header>
      <div class="title">
        <h1>{job.appName}</h1>
        <span class={`badge ${isLost ? "lost" : status.state}`} role="status">
          {isLost ? "no connection" : stateTexts[status.state]}
        </span>
      </div>
      <p class="facts">
        <span>{job.master}</span>
        <span>batches of {duration(job.batchInterval)}</span>
        <span>
          since {dateTime(job.startTime)} ({duration(status.now - job.startTime)})
        </span>
        <span>dstream {job.version}</span>
      </p>
      <Problems problems={status.problems} withMs={isShort(job.batchInterval)} />
      <dl class="tiles">
        <Tile name="Records" value={shortCount(status.totals.records)} note={`${rate(status.inputRate)} come in`} />
        <Tile
          name="Batches"
          value={count(status.totals.completed)}
          note={`${count(status.waiting)} wait, ${count(status.totals.failed)} failed, ${count(status.totals.retries)} run again`}
        />
        <Tile
          name="Processing time"
          value={duration(last?.processingDelay)}
          note={`of ${duration(job.batchInterval)}: ${share(last?.processingDelay, job.batchInterval)}`}
        />
        <Tile name="Total delay" value={duration(last?.totalDelay)} note="from planned to committed" />
        <Tile
          name="Lag"
          value={status.lag === undefined ? "–" : shortCount(status.lag)}
          note="records not yet planned"
        />
        <Tile name="Could take" value={rate(status.processingRate)} note="in batches of this size" />
      </dl>
    </header>
  );
}

interface ProblemsProps {
  readonly problems: readonly Problem[];
  readonly withMs: boolean;
}

function Problems({ problems, withMs }: ProblemsProps) {
  if (problems.length === 0) return null;
  return (
    <div class="problems" role="alert">
      <ul>
        {problems.map(({ code, text, since, batch }) => (
          <li key={text}>
            {code !== undefined && <strong>{code}</strong>} {text}
            {since !== undefined && ` (since ${clockTime(since)})`}
            {batch !== undefined && (
              <>
                {" · "}
                <a href={`#/batches/${batch}`}>batch {clockTime(batch, withMs)}</a>
              </>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Tile({ name, value, note }: { readonly name: string; readonly value: string; readonly note: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {value}
        <small>{note}</small>
      </dd>
    </div>
  );
}

const share = (part: number | undefined, whole: number): string =>
  part === undefined ? "–" : `${Math.round((100 * part) / whole)} %`;
