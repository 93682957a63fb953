import { spawnSync } from "node:child_process";
import { checkFunction, checkOptionNames, invalidOption } from "../../../errors/checks/check-options.ts";
import { DStreamError } from "../../../errors/dstream-error.ts";
import { givingAtOnce } from "../../../errors/user-code/at-once.ts";
import { formatRow } from "../../output/format-rows.ts";

export interface PipeOptions<T> {
  /** Variables that the command gets besides those of the process. */
  readonly env?: Readonly<Record<string, string>>;
  /** The line of a row. Default: as print() shows it. */
  readonly format?: (row: T) => string;
}

/**
 * Makes lines of a partition's rows by a command, which reads them line by line from its standard input. No shell is started; a
 * command in one text is cut at its spaces.
 *
 * @throws UNKNOWN_OPTION, INVALID_OPTION; when it runs USER_FUNCTION_FAILED for a command that is not there or fails.
 */
export function piped(
  command: string | readonly string[],
  options: PipeOptions<any>,
): (rows: Iterable<unknown>) => Iterable<string> {
  checkOptionNames("pipe", options, ["env", "format"]);
  const { env = {}, format = formatRow } = options;
  checkFunction("pipe's format", format);
  const lineOf = givingAtOnce("pipe's format", format);
  const words = typeof command === "string" ? command.split(/\s+/).filter((word) => word !== "") : command;
  const [program, ...args] = Array.isArray(words) ? (words as readonly string[]) : [];
  if (typeof program !== "string")
    throw invalidOption("pipe's command", JSON.stringify(command), "a program and its arguments");
  return (rows) => {
    const input = Array.from(rows, (row) => `${lineOf(row)}\n`).join("");
    const ran = spawnSync(program, args, {
      input,
      encoding: "utf8",
      env: { ...process.env, ...env },
      maxBuffer: Number.POSITIVE_INFINITY,
      stdio: ["pipe", "pipe", "inherit"],
    });
    // A command that does not read all of its input closes it early, which is its right.
    const error = (ran.error as NodeJS.ErrnoException | undefined)?.code === "EPIPE" ? undefined : ran.error;
    if (error !== undefined) throw pipeFailed(program, `did not run: ${error.message}`, error);
    if (ran.status !== 0)
      throw pipeFailed(program, `ended with ${ran.status === null ? ran.signal : `status ${ran.status}`}`);
    const lines = ran.stdout.split("\n");
    if (lines.at(-1) === "") lines.pop();
    return lines;
  };
}

function pipeFailed(program: string, how: string, cause?: unknown): DStreamError {
  return new DStreamError("USER_FUNCTION_FAILED", `pipe: ${program} ${how}`, { cause, data: { program } });
}
