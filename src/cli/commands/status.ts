import { setTimeout as delay } from "node:timers/promises";
import { DStreamError } from "../../errors/dstream-error.ts";
import type { JobView } from "../../ui/views/page-data.ts";
import { stageProgressText } from "../../ui/views/stage-progress-text.ts";
import { type Command, UsageError } from "../arguments.ts";
import { askPage, pageUrl } from "../ask-page.ts";
import { printLine } from "../terminal.ts";

const watchMs = 1_000;
const lastBatches = 5;

export const status: Command = {
  usage: "status [URL] [--watch]",
  help: `how a job is doing, from its page (dstream run --ui); URL: default http://127.0.0.1:4040, or a port
  --watch        again each second, until it is interrupted or the job has ended
  --token T      the page's token; default: DSTREAM_UI_TOKEN`,
  options: { watch: { type: "boolean" }, token: { type: "string" } },
  maxArguments: 1,
  async run({ positionals: [url], values }, { output }) {
    const page = pageUrl(url);
    const token = (values.token as string | undefined) ?? process.env.DSTREAM_UI_TOKEN;
    if (values.token === "") throw new UsageError("--token must not be empty");
    const show = async (): Promise<void> => {
      const view = await askPage<JobView>(page, "/api/v1/job", token);
      await printLine(output, statusText(view));
    };
    await show();
    while (values.watch === true) {
      await delay(watchMs);
      await printLine(output, "");
      try {
        await show();
      } catch (error) {
        if (!(error instanceof DStreamError) || error.code !== "UI_UNREACHABLE") throw error;
        await printLine(output, "the page is gone: the job has ended");
        return;
      }
    }
  },
};

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
    `${job.appName} on ${job.master}: ${now.state}, for ${seconds} s, batches of ${job.batchInterval} ms`,
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
    `records: ${now.totals.records}, ${rate(now.inputRate)} come in, ${rate(now.processingRate)} while batches run, lag ${now.lag ?? "–"}`,
    ...now.operatorState.map(
      ({ operator, entries, bytes }) => `state of ${operator}: ${entries ?? "–"} entries, ${bytes} bytes in files`,
    ),
    ...(rows.length === 0 ? [] : ["  batch         state        records  processing       total", ...rows]),
  ].join("\n");
}

const ms = (value: number | undefined): string => `${Math.round(value ?? 0)} ms`.padStart(10);
