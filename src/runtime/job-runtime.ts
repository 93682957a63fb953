import type { CrashHandler } from "./crash-points.ts";
import { JobLog } from "./log/job-log.ts";
import { standardLogger } from "./log/standard-logger.ts";
import { type Machine, thisMachine } from "./machine/machine.ts";
import { type HostProcess, thisProcess } from "./process/this-process.ts";
import { Steps } from "./steps.ts";

/**
 * What a job has of the world around it. The context makes it and hands it down to the driver, the cluster and the tasks; in a worker
 * the job's file makes it again, and start() hands it over with the graph.
 */
export interface JobRuntime extends Machine {
  readonly process: HostProcess;
  /** Called at each step of the commit protocol: tests make a process die, throw or hang there. */
  readonly crashPoint: CrashHandler;
  /** What the job's tasks do in this thread, counted. */
  readonly steps: Steps;
  /** What the job says. */
  readonly log: JobLog;
}

/** By which options bring a runtime, or parts of one. Programs have no name for it. */
export const runtimeKey: unique symbol = Symbol("dstream.runtime");

/** The process's own, but for what is given. @throws INVALID_OPTION for variables of the default log with other words than theirs. */
export function jobRuntime(given: Partial<JobRuntime> = {}): JobRuntime {
  const machine: Machine = { ...thisMachine, ...given };
  const { process = thisProcess, crashPoint = () => {}, steps = new Steps() } = given;
  const { log = new JobLog(standardLogger(process, machine.clock), true) } = given;
  return { ...machine, process, crashPoint, steps, log };
}
