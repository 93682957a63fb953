import { once } from "node:events";
import { HistorySite } from "../../ui/log/history-site.ts";
import { loggedJobs } from "../../ui/log/read-event-log.ts";
import { UIServer } from "../../ui/server/ui-server.ts";
import { checkUIOptions } from "../../ui/ui-options.ts";
import { type Command, integer, required } from "../arguments.ts";
import { printLine } from "../terminal.ts";

/** As Spark's history server. */
const defaultPort = 18_080;

export const history: Command = {
  usage: "history DIR [--port N]",
  help: `show jobs that have ended on a page, from the event logs in DIR (dstream run --event-log DIR)
  --port N       default 18080, or the next free one; 0: any free one`,
  options: { port: { type: "string" } },
  maxArguments: 1,
  async run({ positionals: [dir], values }, { output, errors }) {
    const directory = required(dir, "DIR");
    const port = integer(values, "port", 0) ?? defaultPort;
    const { length } = await loggedJobs(directory);
    const server = new UIServer(
      checkUIOptions({ port }),
      new HistorySite(directory, (text) => void printLine(errors, text)),
    );
    await server.start();
    await printLine(output, `${length} ${length === 1 ? "job is" : "jobs are"} at ${server.url}`);
    const stay = setInterval(() => {}, 3_600_000);
    await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
    clearInterval(stay);
    await server.close();
  },
};
