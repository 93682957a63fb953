import { availableParallelism } from "node:os";
import { checkText } from "../../errors/checks/check-options.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import type { HostProcess } from "../../runtime/process/this-process.ts";

/** The master by precedence: the command line, DSTREAM_MASTER, the program, "local". */
export function resolveMaster(fromProgram: string | undefined, { runOptions, environment }: HostProcess): string {
  return runOptions.master ?? environment.DSTREAM_MASTER ?? fromProgram ?? "local";
}

/** What a master's text means. */
type Master =
  | { readonly kind: "inline" }
  | { readonly kind: "threads"; readonly count: number }
  | { readonly kind: "spark"; readonly url: string };

/** What a text means; undefined where it is no master. */
export function masterOf(master: string): Master | undefined {
  if (master === "local") return { kind: "inline" };
  const threads = /^local\[(\*|[1-9]\d{0,3})\]$/.exec(master)?.[1];
  if (threads !== undefined) {
    return { kind: "threads", count: threads === "*" ? availableParallelism() : Number(threads) };
  }
  if (master.startsWith("sc://")) return { kind: "spark", url: master };
  return undefined;
}

/** @throws INVALID_OPTION for text that is no master. */
export function parseMaster(master: string): Master {
  checkText("master", master);
  const found = masterOf(master);
  if (found !== undefined) return found;
  throw new DStreamError(
    "INVALID_OPTION",
    `master must be "local", "local[n]", "local[*]" or "sc://host:port", not "${master}"`,
    {
      data: { option: "master" },
    },
  );
}
