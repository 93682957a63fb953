import { DStreamError } from "../../errors/dstream-error.ts";
import type { JobStatus, JobView } from "../../ui/views/page-data.ts";
import { stageProgressText } from "../../ui/views/stage-progress-text.ts";
import { AlreadyTold, type Command } from "../arguments.ts";
import { askPage, type JobPage, jobPage } from "../ask-page.ts";
import { JobNews } from "../job-news.ts";
import { printLine, type Terminal } from "../terminal.ts";

const watchMs = 1_000;
const lastBatches = 5;

export const status: Command = {
  usage: "status [URL] [--watch]",
  help: `how a job is doing, from its page (dstream run --ui); URL: default http://127.0.0.1:4040, or a port
  --watch        again each second, until it is interrupted or the job has ended; ends with 1 when that failed
  --token T      the page's token; default: the URL's ?token=T, else DSTREAM_UI_TOKEN`,
  options: { watch: { type: "boolean" }, token: { type: "string" } },
  maxArguments: 1,
  async run({ positionals: [url], values }, terminal) {
    const page = jobPage(url, values);
    if (values.watch === true) return await watch(page, terminal);
    await printLine(terminal.output, statusText(await askPage<JobView>(page, "api/v1/job")));
  },
};

/** Until the job has ended. @throws AlreadyTold where it failed, or nobody said how it ended */
async function watch(page: JobPage, { output, errors }: Terminal): Promise<void> {
  const news = await JobNews.open(page);
  try {
    let view = await askPage<JobView>(page, "api/v1/job");
    await printLine(output, statusText(view));
    while (!isOver(view.status)) {
      await news.pause(watchMs);
      const next = await nextView(page, view, news);
      if (next === undefined) {
        await printLine(errors, "the page is gone, and did not say how the job ended");
        throw new AlreadyTold();
      }
      view = next;
      await printLine(output, `\n${statusText(view)}`);
    }
    if (view.status.state === "failed") {
      await printLine(errors, "the job has failed");
      throw new AlreadyTold();
    }
    await printLine(output, "the job has ended");
  } finally {
    news.close();
  }
}

/** As the page shows it; when it is gone how the job ended, by what it said last. */
async function nextView(page: JobPage, view: JobView, news: JobNews): Promise<JobView | undefined> {
  try {
    return await askPage<JobView>(page, "api/v1/job");
  } catch (error) {
    if (!(error instanceof DStreamError) || error.code !== "UI_UNREACHABLE") throw error;
    const status = await news.last();
    return status !== undefined && isOver(status) ? { ...view, status, batches: [] } : undefined;
  }
}

const isOver = ({ state }: JobStatus): boolean => state === "stopped" || state === "failed";

function statusText({ job, status: now, batches }: JobView): string {
  const ended = batches.filter(({ totalDelay }) => totalDelay !== undefined);
  const seconds = Math.round((now.now - job.startTime) / 1_000);
  const rate = (perSecond: number | undefined): string =>
    perSecond === undefined ? "–" : `${Math.round(perSecond)}/s`;
  const rows = ended.slice(-lastBatches).map(({ time, status: state, records, processingDelay, totalDelay }) => {
    const at = new Date(time).toISOString().slice(11, 23);
    return `  ${at}  ${state.padEnd(9)}  ${String(records).padStart(9)}  ${ms(processingDelay)}  ${ms(totalDelay)}`;
  });
  return [
    `${job.appName} on ${job.master}: ${now.state === "unended" ? "killed or still running" : now.state}, for ${seconds} s, batches of ${job.batchInterval} ms`,
    ...now.problems.map(({ code, text, since }) => {
      const lasts = since === undefined ? "" : ` (for ${Math.round((now.now - since) / 1_000)} s)`;
      return `! ${code === undefined ? "" : `[${code}] `}${text}${lasts}`;
    }),
    `batches: ${now.totals.completed} completed, ${now.totals.failed} failed, ${now.totals.retries} run again, ${now.waiting} waiting`,
    ...(now.runningStage === undefined
      ? []
      : [
          `batch ${new Date(now.runningStage.batchTime).toISOString().slice(11, 23)} runs: ${stageProgressText(now.runningStage)}`,
        ]),
    `records: ${now.totals.records}, ${rate(now.inputRate)} come in, could take ${rate(now.processingRate)} in batches of this size, lag ${now.lag ?? "–"}`,
    ...now.operatorState.map(
      ({ operator, entries, bytes }) => `state of ${operator}: ${entries ?? "–"} entries, ${bytes} bytes in files`,
    ),
    ...(rows.length === 0 ? [] : ["  batch         state        records  processing       total", ...rows]),
  ].join("\n");
}

const ms = (value: number | undefined): string => `${Math.round(value ?? 0)} ms`.padStart(10);
