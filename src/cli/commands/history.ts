import { once } from "node:events";
import { HistorySite } from "../../ui/log/history-site.ts";
import { listRuns, type RunList } from "../../ui/log/list-runs.ts";
import { wantedFolder } from "../../ui/log/run-list-page.ts";
import { UIServer } from "../../ui/server/ui-server.ts";
import { checkUIOptions } from "../../ui/ui-options.ts";
import { type Command, integer, required } from "../arguments.ts";
import { printLine } from "../terminal.ts";

/** As Spark's history server. */
const defaultPort = 18_080;
/** Event logs that cannot be read and are named; the page has all. */
const maxNamed = 20;

export const history: Command = {
  usage: "history DIR [--port N]",
  help: `show jobs that have ended on a page, from the event logs in DIR (dstream run --event-log DIR)
  --port N       default 18080, or the next free one; 0: any free one`,
  options: { port: { type: "string" } },
  maxArguments: 1,
  async run({ positionals: [dir], values }, { output, errors }) {
    const directory = required(dir, "DIR");
    const port = integer(values, "port", 0) ?? defaultPort;
    const list = await listRuns(directory);
    const server = new UIServer(
      checkUIOptions({ port }),
      new HistorySite(directory, (text) => void printLine(errors, text)),
    );
    await server.start();
    const interrupted = Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
    const stay = setInterval(() => {}, 3_600_000);
    for (const line of problemsOf(list, directory)) await printLine(errors, line);
    const { length } = list.runs;
    await printLine(output, `${length} ${length === 1 ? "job is" : "jobs are"} at ${server.url}`);
    await interrupted;
    clearInterval(stay);
    await server.close();
  },
};

function problemsOf({ runs, unreadable, isOneRun }: RunList, directory: string): string[] {
  const named = unreadable
    .slice(0, maxNamed)
    .map(({ name, problem }) => `the event log ${name} cannot be read: ${problem}`);
  const more = unreadable.length - named.length;
  const none = isOneRun ? `${directory} is the folder of one run` : `there are no event logs in ${directory}`;
  return [
    ...(runs.length === 0 && unreadable.length === 0 ? [`${none}: ${wantedFolder}`] : []),
    ...named,
    ...(more === 0 ? [] : [`and ${more} more`]),
  ];
}
