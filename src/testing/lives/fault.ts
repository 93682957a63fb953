import { checkOptionNames, checkText, invalidOption } from "../../errors/checks/check-options.ts";
import { type CrashPoint, crashPoints } from "../../runtime/crash-points.ts";
import { parseMaster } from "../../streaming/context/master.ts";

/**
 * Something that goes wrong, in an input list before the entry of the batch that it hits; it takes no batch of its own. Several
 * before one entry happen one after the other.
 */
export interface Fault {
  readonly fault: string;
}

export interface Kill extends Fault {
  readonly fault: "kill";
  readonly point: CrashPoint;
}

export interface Fail extends Fault {
  readonly fault: "fail";
  readonly message: string;
}

export interface Restart extends Fault {
  readonly fault: "restart";
  readonly master: string | undefined;
}

export type KnownFault = Kill | Fail | Restart;

const kinds: readonly string[] = ["kill", "fail", "restart"] satisfies readonly KnownFault["fault"][];

/**
 * The job's process is killed (SIGKILL) in the batch, when it comes to a crash point of the commit protocol, and the job is
 * started again from its checkpoint. Default: when the batch has run and nothing of it counts yet, so that all of it runs again.
 *
 * @throws INVALID_OPTION for a point that there is not.
 */
export function kill(point: string = "after-manifest"): Fault {
  const known = crashPoints.find((candidate) => candidate === point);
  if (known === undefined) throw invalidOption("kill's point", point, `one of ${crashPoints.join(", ")}`);
  const made: Kill = { fault: "kill", point: known };
  return made;
}

/** One attempt of the batch throws an error that may pass, when all of its tasks have run; the batch is run again. @throws INVALID_OPTION */
export function fail(message = "the test wants this attempt to fail"): Fault {
  checkText("fail's message", message);
  const made: Fail = { fault: "fail", message };
  return made;
}

/**
 * The job is stopped gracefully before the batch and started again from its checkpoint, on another master where one is given,
 * which it keeps.
 *
 * @throws UNKNOWN_OPTION; INVALID_OPTION for text that is no master.
 */
export function restart(options: { master?: string } = {}): Fault {
  checkOptionNames("restart", options, ["master"]);
  const { master } = options;
  if (master !== undefined) parseMaster(master);
  const made: Restart = { fault: "restart", master };
  return made;
}

/** @throws INVALID_OPTION for an entry that is neither rows nor null nor what kill, fail or restart gave. */
export function checkedFault(entry: unknown): KnownFault {
  const fault = (entry as Partial<Fault> | undefined)?.fault;
  if (fault !== undefined && kinds.includes(fault)) return entry as KnownFault;
  throw invalidOption("an entry of a test's input", describe(entry, fault), "an array of rows, null, or a fault");
}

function describe(entry: unknown, fault: string | undefined): string {
  return fault === undefined ? typeof entry : `the unknown fault "${fault}"`;
}
