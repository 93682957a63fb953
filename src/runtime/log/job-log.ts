import { isPromise } from "../../errors/checks/check-options.ts";
import { shownError } from "../../errors/shown/shown-error.ts";
import type { Logger, LogLevel } from "./logger.ts";
import type { MessageCode } from "./message-codes.ts";

/** What a message says besides its text. Never a record, never a secret. */
export interface MessageFields {
  /** Epoch ms, as a batch is named. */
  readonly batchTime?: number | undefined;
  /** Of the error that is the reason. */
  readonly errorCode?: string | undefined;
  readonly [name: string]: string | number | boolean | undefined;
}

/** A job's messages, on their way to its logger. Nothing that the logger does comes back. */
export class JobLog {
  readonly #logger: Logger;
  /** Whether its logger is the standard one. */
  readonly isOnStandardError: boolean;
  #hasFailed = false;

  constructor(logger: Logger, isOnStandardError = false) {
    this.isOnStandardError = isOnStandardError;
    this.#logger = logger;
  }

  debug(code: MessageCode, message: string, fields?: MessageFields): void {
    this.#write("debug", code, message, fields);
  }

  info(code: MessageCode, message: string, fields?: MessageFields): void {
    this.#write("info", code, message, fields);
  }

  warn(code: MessageCode, message: string, fields?: MessageFields): void {
    this.#write("warn", code, message, fields);
  }

  error(code: MessageCode, message: string, fields?: MessageFields): void {
    this.#write("error", code, message, fields);
  }

  #write(level: LogLevel, code: MessageCode, message: string, fields: MessageFields = {}): void {
    const known = Object.entries(fields).filter(([, value]) => value !== undefined);
    try {
      // Those of pino and others are no functions without their object.
      const result: unknown = this.#logger[level]({ code, ...Object.fromEntries(known) }, message);
      if (isPromise(result)) Promise.resolve(result).catch((error: unknown) => this.#failed(error));
    } catch (error) {
      this.#failed(error);
    }
  }

  /** It has no logger to say that by; once is enough. */
  #failed(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    process.emitWarning(`the job's logger failed, and messages are lost: ${shownError(error)}`, {
      type: "DStreamLogger",
    });
  }
}
