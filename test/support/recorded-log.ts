import { JobLog } from "../../src/runtime/log/job-log.ts";
import type { Logger, LogLevel } from "../../src/runtime/log/logger.ts";

export interface RecordedMessage {
  readonly level: LogLevel;
  readonly code: string;
  readonly message: string;
  readonly batchTime?: number;
  readonly [field: string]: unknown;
}

/** A job's logger that keeps what it is told; a job gets it as its option `logger`, parts of one get `log`. */
export class RecordedLog implements Logger {
  readonly messages: RecordedMessage[] = [];
  readonly log = new JobLog(this);
  readonly #waiting = new Set<(message: RecordedMessage) => void>();

  debug(fields: object, message: string): void {
    this.#add("debug", fields, message);
  }

  info(fields: object, message: string): void {
    this.#add("info", fields, message);
  }

  warn(fields: object, message: string): void {
    this.#add("warn", fields, message);
  }

  error(fields: object, message: string): void {
    this.#add("error", fields, message);
  }

  /** Of warnings: all, or those with a code. */
  warnings(code?: string): string[] {
    const wanted = this.messages.filter((told) => told.level === "warn" && (code === undefined || told.code === code));
    return wanted.map(({ message }) => message);
  }

  /** All messages with a code. */
  of(code: string): RecordedMessage[] {
    return this.messages.filter((told) => told.code === code);
  }

  /** The next message with one of these codes. */
  next(...codes: readonly string[]): Promise<RecordedMessage> {
    return new Promise((resolve) => {
      const hear = (told: RecordedMessage): void => {
        if (!codes.includes(told.code)) return;
        this.#waiting.delete(hear);
        resolve(told);
      };
      this.#waiting.add(hear);
    });
  }

  #add(level: LogLevel, fields: object, message: string): void {
    const told = { ...fields, level, message } as RecordedMessage;
    this.messages.push(told);
    for (const hear of this.#waiting) hear(told);
  }
}
