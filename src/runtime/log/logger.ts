import { invalidOption, propertyOf } from "../../errors/checks/check-options.ts";

/**
 * Where a job's messages go: objects with `code`, `batchTime` and the like, and a text. pino's loggers and consoles
 * fit. Messages hold no records and no secrets. What it throws, or rejects with, changes nothing for the job.
 *
 * @example
 * ```ts
 * import pino from "pino";
 *
 * const ssc = new StreamingContext({ appName: "words", batchInterval: seconds(1), logger: pino() });
 * ```
 */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export type LogLevel = keyof Logger;

/** The least important first. */
export const logLevels: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** @throws INVALID_OPTION for what has not got the four methods. */
export function checkLogger(option: string, logger: unknown): void {
  const fits = logLevels.every((level) => typeof propertyOf(logger, level) === "function");
  if (!fits) throw invalidOption(option, logger, "an object with debug(), info(), warn() and error()");
}
