import { randomBytes } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { DStreamError } from "../../errors/dstream-error.ts";
import { makeFolder } from "../../runtime/files/make-folder.ts";
import type { JobLog } from "../../runtime/log/job-log.ts";
import { rarely } from "../../runtime/log/rarely.ts";
import { thisMachine } from "../../runtime/machine/machine.ts";
import { type LogHead, type LogLine, lineText } from "./event-line.ts";

export const logFileName = (number: number): string => `events-${number}.jsonl`;
const fileBytes = 16 * 1024 * 1024;
const keptFiles = 8;
/** What may wait for a disk that is slow; more is left out, and said. */
const maxWaitingBytes = 8 * 1024 * 1024;

/** A name for a run of a job that no other has. */
export function newJobId(startTime: number): string {
  return `dstream-${startTime}-${randomBytes(2).toString("hex")}`;
}

export interface EventLogOptions {
  readonly jobId: string;
  /** Asked at the beginning of each file. */
  readonly head: () => LogHead;
  /** The job's, for what goes wrong. */
  readonly log: JobLog;
}

/**
 * Writes a job's events into a folder of its own, a line of JSON each, for `dstream history`. Files are begun again at 16 MiB, and the
 * last eight are kept. The job does not wait for it, and what cannot be written is left out with a warning.
 */
export class EventLog {
  readonly #folder: string;
  readonly #head: () => LogHead;
  readonly #warn: (text: string) => void;
  #waiting: string[] = [];
  #waitingBytes = 0;
  #leftOut = 0;
  #writing: Promise<void> | undefined;
  #file: FileHandle | undefined;
  #number = 0;
  #written = 0;

  private constructor(folder: string, head: () => LogHead, log: JobLog) {
    this.#warn = rarely((text) => log.warn("EVENTS_LEFT_OUT", text), thisMachine.timers);
    this.#folder = folder;
    this.#head = head;
  }

  /** @throws EVENT_LOG_UNAVAILABLE */
  static async open(directory: string, { jobId, log: jobLog, head }: EventLogOptions): Promise<EventLog> {
    const folder = join(directory, jobId);
    const log = new EventLog(folder, head, jobLog);
    try {
      await makeFolder(folder);
      await log.#roll();
    } catch (cause) {
      const message = `the event log in ${directory} cannot be written; give a folder that can be, or leave eventLog out`;
      throw new DStreamError("EVENT_LOG_UNAVAILABLE", message, { cause, data: { directory } });
    }
    return log;
  }

  write(event: LogLine): void {
    const line = lineText(event);
    if (this.#waitingBytes + line.length > maxWaitingBytes) {
      this.#leftOut++;
      this.#warn(`the disk of the event log is too slow: ${this.#leftOut} events were left out so far`);
      return;
    }
    this.#waiting.push(line);
    this.#waitingBytes += line.length;
    this.#writing ??= this.#writeAll();
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file?.close().catch(() => {});
  }

  async #writeAll(): Promise<void> {
    // What comes in the same turn is written together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const text = this.#waiting.join("");
      this.#waiting = [];
      this.#waitingBytes = 0;
      try {
        if (this.#written >= fileBytes) await this.#roll();
        await this.#append(text);
      } catch (error) {
        this.#warn(`events could not be written to ${this.#folder}: ${(error as Error).message}`);
      }
    }
    this.#writing = undefined;
  }

  async #append(text: string): Promise<void> {
    await this.#file?.appendFile(text);
    this.#written += Buffer.byteLength(text);
  }

  async #roll(): Promise<void> {
    await this.#file?.close();
    this.#number++;
    this.#written = 0;
    this.#file = await open(join(this.#folder, logFileName(this.#number)), "a");
    await this.#append(lineText(this.#head()));
    if (this.#number > keptFiles) await rm(join(this.#folder, logFileName(this.#number - keptFiles)), { force: true });
  }
}
