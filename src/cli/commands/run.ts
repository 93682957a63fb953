import { statSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { DStreamError } from "../../errors/dstream-error.ts";
import { shownError } from "../../errors/shown/shown-error.ts";
import { JobLog } from "../../runtime/log/job-log.ts";
import { logLevels } from "../../runtime/log/logger.ts";
import { logFormats, standardLogger } from "../../runtime/log/standard-logger.ts";
import { systemClock } from "../../runtime/machine/clock.ts";
import { thisProcess } from "../../runtime/process/this-process.ts";
import { masterOf } from "../../streaming/context/master.ts";
import { splitBrokers } from "../../streaming/input/brokers.ts";
import { AlreadyTold, type Command, duration, integer, oneOf, required, UsageError } from "../arguments.ts";
import { ProgramEnd } from "../program-end.ts";
import { jobFilesIn, similarPaths } from "../similar-paths.ts";
import { printLine } from "../terminal.ts";
import { endWithWatcher, WatchJob } from "../watch-job.ts";

export const run: Command = {
  usage: "run FILE [--master M] [--ui [PORT]] [--watch] [-- args…]",
  help: `run a job's file
  --master M         local, local[n], local[*], sc://host:port; default: DSTREAM_MASTER, else what the file says
  --connect-ca FILE  certificates (PEM) of the authorities to believe of a Spark master; comes before the file's spark.tls.ca
  --checkpoint DIR   keep the checkpoint in DIR, and go on from what is there; comes before the file's checkpointDir
  --wait-for-lock D  wait so long (30s, 5m) for another driver that has the checkpoint to end; comes before the file's lockWait
  --batches N        stop after N batches
  --ui [PORT]        show the job on a page: http://127.0.0.1:4040, or the next free port; with its REST API, metrics and health
  --log FORMAT       how the job's messages are written to standard error: text, or json; default: DSTREAM_LOG, else text
  --log-level LEVEL  from which on they are: debug, info, warn, error; default: DSTREAM_LOG_LEVEL, else info
  --event-log DIR    keep the job's events in DIR, for dstream history
  --watch            start the job again when one of its modules changes; what runs is stopped first, as by SIGTERM
  -- args…           the file's process.argv from the third on`,
  options: {
    master: { type: "string" },
    "connect-ca": { type: "string" },
    checkpoint: { type: "string" },
    "wait-for-lock": { type: "string" },
    batches: { type: "string" },
    ui: { type: "string" },
    "event-log": { type: "string" },
    log: { type: "string" },
    "log-level": { type: "string" },
    watch: { type: "boolean" },
  },
  maxArguments: 1,
  takesJobArguments: true,
  optionalNumbers: ["ui"],
  async run({ positionals: [file], jobArguments, values }, terminal) {
    const path = jobFile(required(file, "FILE"));
    const { master, checkpoint, brokers } = values as { master?: string; checkpoint?: string; brokers?: string };
    const connectCa = values["connect-ca"] as string | undefined;
    const batches = integer(values, "batches", 1);
    const lockWait = duration(values, "wait-for-lock");
    const uiPort = values.ui === "" ? undefined : integer(values, "ui", 0);
    const eventLog = values["event-log"] as string | undefined;
    const format = oneOf(values, "log", logFormats);
    const level = oneOf(values, "log-level", logLevels);
    // Often a variable of the shell that is not set.
    for (const [name, value] of Object.entries(values))
      if (value === "" && name !== "ui") throw new UsageError(`--${name} must not be empty`);
    if (master !== undefined && masterOf(master) === undefined)
      throw new UsageError(
        `--master must be local, local[n], local[*] or sc://host:port, not ${JSON.stringify(master)}`,
      );
    if (values.watch === true) {
      const flags = Object.entries({
        master,
        checkpoint,
        brokers,
        batches,
        "connect-ca": values["connect-ca"],
        "wait-for-lock": values["wait-for-lock"],
        ui: values.ui,
        "event-log": eventLog,
        log: format,
        "log-level": level,
      }).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${String(value)}`]));
      const code = await new WatchJob(path, [path, ...flags, "--", ...jobArguments], terminal).run();
      if (code !== 0) process.exitCode = code;
      return;
    }
    endWithWatcher();
    thisProcess.runOptions = {
      ...(master !== undefined && { master }),
      ...(connectCa !== undefined && { connectCa: resolve(connectCa) }),
      ...(brokers !== undefined && { brokers: splitBrokers(brokers) }),
      ...(checkpoint !== undefined && { checkpointDir: checkpoint }),
      ...(lockWait !== undefined && { lockWait }),
      ...(batches !== undefined && { batches }),
      ...(values.ui !== undefined && { ui: uiPort === undefined ? {} : { port: uiPort } }),
      ...(eventLog !== undefined && { eventLog: resolve(eventLog) }),
      log: { ...(format !== undefined && { format }), ...(level !== undefined && { level }) },
    };
    process.argv = [process.execPath, path, ...jobArguments];
    const program = new ProgramEnd();
    thisProcess.command = program;
    const log = logOfCommand();
    try {
      const { exitCode, remark } = await program.of(import(pathToFileURL(path).href));
      if (remark !== "" && log === undefined) await printLine(terminal.errors, `warning: ${remark}`);
      else if (remark !== "") log?.warn("PROGRAM_WAITS", remark);
      if (exitCode !== 0) process.exitCode ??= exitCode;
    } catch (error) {
      if (log === undefined) throw error;
      if (error instanceof AlreadyTold) throw new AlreadyTold();
      const errorCode = error instanceof DStreamError ? error.code : undefined;
      log.error("PROGRAM_FAILED", `the program failed with ${shownError(error)}`, { errorCode });
      throw new AlreadyTold();
    }
  },
};

/** Where standard error is lines of JSON the command's own are, too. */
function logOfCommand(): JobLog | undefined {
  const format = thisProcess.runOptions.log?.format ?? thisProcess.environment.DSTREAM_LOG;
  return format === "json" ? new JobLog(standardLogger(thisProcess, systemClock)) : undefined;
}

/** @throws UsageError that names files which may be meant. */
function jobFile(file: string): string {
  const path = resolve(file);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile()) return path;
  const problem = found === undefined ? "does not exist" : "is no file";
  const meant = found?.isDirectory() ? jobFilesIn(file) : similarPaths(file);
  throw new UsageError(`${file} ${problem}${meant.length === 0 ? "" : `; similar: ${meant.join(", ")}`}`);
}
