import { checkNumber } from "../../errors/checks/check-number.ts";
import { checkOptionNames } from "../../errors/checks/check-options.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import { markCopy } from "../../errors/package-copy.ts";
import type { MessageCode } from "../../runtime/log/message-codes.ts";

/** What a receiver is connected to while its job runs. */
export interface ReceiverHost {
  readonly streamId: number;
  /** Milliseconds. */
  readonly batchInterval: number;
  readonly isStarted: boolean;
  readonly isFull: boolean;
  store(rows: readonly unknown[], together: boolean): Promise<void>;
  ready(): Promise<void>;
  restart(message: string, error: unknown, delayMs: number): void;
  report(message: string, error: unknown): void;
  /** Tells the job's log. */
  warn(code: MessageCode, message: string): void;
  stop(message: string, error: unknown): void;
}

/**
 * A source of the program's own, for `receiverStream`: a class that is started and stopped with the job and stores what it receives.
 * It runs in the driver. Its constructor runs wherever the job's file runs and must open nothing; that is for `onStart`.
 *
 * What is stored between two batches is one batch's, in partitions of what came within one block interval (200 ms). A receiver
 * that is told when its rows are safe, by what `store` returns, and tells its sender only then, loses nothing, whatever happens;
 * the sender may send again what it was not told of (at-least-once). Of another one, rows that no committed batch had are lost with the process.
 *
 * @typeParam T a row
 */
export abstract class Receiver<T> {
  #host: ReceiverHost | undefined;

  /** Begins to receive, and goes on in the background. When it throws or rejects the receiver is stopped with that error. */
  abstract onStart(): void | Promise<void>;

  /** Ends receiving; resolves when nothing more will be stored. A graceful stop of the job waits for it, while batches go on. */
  abstract onStop(): void | Promise<void>;

  /** What listeners are told. Default: the class's name and the stream's number. */
  get name(): string {
    return `${this.constructor.name}-${this.streamId}`;
  }

  /** The stream's number in events. */
  get streamId(): number {
    return this.#connected().streamId;
  }

  /** The job's, in milliseconds: about how long rows wait for the end of their batch. */
  get batchInterval(): number {
    return this.#connected().batchInterval;
  }

  /**
   * Takes one row in. The promise resolves when the batch that has it is committed and may be left alone; it rejects with
   * ILLEGAL_STATE when the job ends before that, or when the receiver is stopped, and with RECEIVER_FULL when the row was not taken,
   * since 256 MiB of rows are in no committed batch: that happens only to a receiver that does not wait while `isFull`. Listeners are
   * told of it (`onReceiverError`), too.
   */
  store(row: T): Promise<void> {
    return this.#connected().store([row], false);
  }

  /** Takes rows in that stay together: in one batch and one partition. The promise is that of `store`. */
  storeMany(rows: readonly T[]): Promise<void> {
    return this.#connected().store(rows, true);
  }

  /**
   * Whether as much was stored as the next batch may have by its rate, or 64 MiB of rows are in no committed batch: waiting, or in
   * batches that were planned and have not ended. Then wait for `ready()` before storing more.
   */
  get isFull(): boolean {
    return this.#connected().isFull;
  }

  /** Resolves when there is room, or when the job ends. */
  ready(): Promise<void> {
    return this.#connected().ready();
  }

  /** Calls `onStop`, and after `delayMs` (default 2 s) `onStart`. Returns at once. @throws UNKNOWN_OPTION, INVALID_OPTION. */
  restart(message: string, options: { error?: unknown; delayMs?: number } = {}): void {
    checkOptionNames("restart", options, ["error", "delayMs"]);
    const { error, delayMs = 2_000 } = options;
    checkNumber("restart's delayMs", delayMs, 0, { allowed: "milliseconds, at least 0" });
    this.#connected().restart(message, error, delayMs);
  }

  /** Tells listeners of an error that does not keep the receiver from going on. */
  reportError(message: string, error?: unknown): void {
    this.#connected().report(message, error);
  }

  /**
   * Stops for good. The job goes on, with what was stored. Returns at once. Listeners hear the message; with an error the job's log has it
   * as a warning (RECEIVER_STOPPED), too.
   */
  stop(message: string, error?: unknown): void {
    this.#connected().stop(message, error);
  }

  /** Whether `onStart` was called last. */
  isStarted(): boolean {
    return this.#host?.isStarted ?? false;
  }

  /** Whether `onStop` was called last, or nothing yet. Long work has to end then. */
  isStopped(): boolean {
    return !this.isStarted();
  }

  /** @internal A warning of the job's log. */
  logWarning(code: MessageCode, message: string): void {
    this.#connected().warn(code, message);
  }

  /** @internal Connects the receiver to its job. @throws ILLEGAL_STATE when it belongs to one already. */
  attach(host: ReceiverHost): void {
    if (this.#host !== undefined) {
      throw new DStreamError("ILLEGAL_STATE", "a receiver serves one stream; make another one for another stream");
    }
    this.#host = host;
  }

  #connected(): ReceiverHost {
    if (this.#host === undefined) {
      throw new DStreamError("ILLEGAL_STATE", "the receiver's job was not started; receive from onStart() on");
    }
    return this.#host;
  }
}

markCopy(Receiver);
