import { invalidOption } from "../../errors/checks/check-options.ts";
import type { Clock } from "../machine/clock.ts";
import type { HostProcess } from "../process/this-process.ts";
import { type Logger, type LogLevel, logLevels } from "./logger.ts";

export const logFormats = ["text", "json"] as const;
export type LogFormat = (typeof logFormats)[number];

/** How the logger of a job without one of its own writes. */
export interface LogSettings {
  readonly format?: LogFormat;
  /** What is less important is left out. */
  readonly level?: LogLevel;
}

const defaults: Required<LogSettings> = { format: "text", level: "info" };

/** The command line comes first, then DSTREAM_LOG and DSTREAM_LOG_LEVEL. @throws INVALID_OPTION for other words in these. */
function settingsOf({ runOptions, environment, role }: HostProcess, others: LogSettings): Required<LogSettings> {
  // Nothing is written in a worker, whose machine may have variables of its own.
  if (role !== undefined) return defaults;
  const { log = {} } = runOptions;
  return {
    format: log.format ?? oneOf("DSTREAM_LOG", environment.DSTREAM_LOG, logFormats) ?? others.format ?? defaults.format,
    level:
      log.level ??
      oneOf("DSTREAM_LOG_LEVEL", environment.DSTREAM_LOG_LEVEL, logLevels) ??
      others.level ??
      defaults.level,
  };
}

/** A variable that is empty counts as one that is not set. @throws INVALID_OPTION */
function oneOf<T extends string>(name: string, text: string | undefined, allowed: readonly T[]): T | undefined {
  if (text === undefined || text === "") return undefined;
  const found = allowed.find((word) => word === text);
  if (found !== undefined) return found;
  throw invalidOption(
    name,
    text,
    allowed
      .map((word) => `"${word}"`)
      .join(", ")
      .replace(/, ([^,]*)$/, " or $1"),
  );
}

/**
 * Writes each message as a line to standard error: as text, or as JSON. `others` is for what neither the command line nor a variable
 * says.
 *
 * @throws INVALID_OPTION for variables with other words.
 */
export function standardLogger(process: HostProcess, clock: Clock, others: LogSettings = {}): Logger {
  const { format, level: least } = settingsOf(process, others);
  const lineOf = format === "json" ? jsonLine : textLine;
  const writing = (level: LogLevel): Logger[LogLevel] => {
    if (logLevels.indexOf(level) < logLevels.indexOf(least)) return () => {};
    return (fields, message) => process.tell(lineOf({ time: timeText(clock), level, fields, message }));
  };
  return { debug: writing("debug"), info: writing("info"), warn: writing("warn"), error: writing("error") };
}

interface Message {
  readonly time: string;
  readonly level: LogLevel;
  readonly fields: object;
  readonly message: string;
}

const timeText = (clock: Clock): string => new Date(clock.now()).toISOString();

const widest = Math.max(...logLevels.map(({ length }) => length));

/** 2026-12-01T02:47:19.016Z WARN  [BATCH_RETRIED] batch 2000 is run again: … */
function textLine({ time, level, fields, message }: Message): string {
  const { code } = fields as { readonly code?: string };
  return inOneLine(`${time} ${level.toUpperCase().padEnd(widest)} [${code}] ${message}`);
}

function jsonLine({ time, level, fields, message }: Message): string {
  return JSON.stringify({ time, level, ...fields, message });
}

/** What an error quotes may have line ends, or tell a terminal what to do. */
function inOneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) => {
    return character === "\n" ? "\\n" : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
