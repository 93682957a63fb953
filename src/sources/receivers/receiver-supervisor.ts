import type { ErrorCode } from "../../errors/codes.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import { shownCauses } from "../../errors/shown/shown-error.ts";
import { messageOf } from "../../errors/shown/thrown.ts";
import type { ListenerBus } from "../../listeners/listener-bus.ts";
import type { JobLog } from "../../runtime/log/job-log.ts";
import type { MessageCode } from "../../runtime/log/message-codes.ts";
import { rarely } from "../../runtime/log/rarely.ts";
import type { Clock } from "../../runtime/machine/clock.ts";
import type { Timers } from "../../runtime/machine/timers.ts";
import type { ReceivedRows } from "./received-rows.ts";
import type { Receiver, ReceiverHost } from "./receiver.ts";

export interface ReceiverSupervisorOptions {
  readonly streamId: number;
  /** Milliseconds. */
  readonly batchInterval: number;
  readonly clock: Clock;
  readonly bus: ListenerBus;
  readonly log: JobLog;
  readonly timers: Timers;
  readonly rows: ReceivedRows;
}

/** Spark's delay of a restart. A port that the job before still has is free by then, or later. */
const restartDelayMs = 2_000;

/** After that listeners hear that onStop hangs: a restart waits for it as long as it takes, a stop of the job does not. */
const slowStopMs = 10_000;

/** Starts, restarts and stops one receiver, one after the other, and tells listeners. */
export class ReceiverSupervisor implements ReceiverHost {
  readonly #receiver: Receiver<unknown>;
  readonly #options: ReceiverSupervisorOptions;
  readonly #closing = new AbortController();
  /** What is done with the receiver, in order. */
  #steps: Promise<void> = Promise.resolve();
  #isStarted = false;
  readonly #warnOfRestart: (text: string) => void;

  constructor(receiver: Receiver<unknown>, options: ReceiverSupervisorOptions) {
    this.#receiver = receiver;
    this.#options = options;
    this.#warnOfRestart = rarely((text) => this.warn("RECEIVER_RESTARTED", text), options.timers);
    receiver.attach(this);
  }

  get streamId(): number {
    return this.#options.streamId;
  }

  get batchInterval(): number {
    return this.#options.batchInterval;
  }

  get isStarted(): boolean {
    return this.#isStarted;
  }

  get isFull(): boolean {
    return this.#options.rows.isFull;
  }

  ready(): Promise<void> {
    return this.#options.rows.ready();
  }

  store(rows: readonly unknown[], together: boolean): Promise<void> {
    return this.#options.rows.add(rows, together);
  }

  start(): void {
    this.#isStarted = true;
    this.#tell("onReceiverStarted", true);
    const failed = (error: unknown): void => {
      const what = "the receiver could not be started";
      if (DStreamError.from(error).code === "PORT_IN_USE")
        this.restart(`${what}, and is started again`, error, restartDelayMs);
      else this.stop(what, error);
    };
    try {
      Promise.resolve(this.#receiver.onStart()).catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  restart(message: string, error: unknown, delayMs: number): void {
    const { clock } = this.#options;
    const { signal } = this.#closing;
    this.#next(async () => {
      if (!this.#isStarted) return;
      const text = textOf(message, error);
      await this.#halt(text);
      this.#warnOfRestart(text);
      await clock.waitTill(clock.now() + delayMs, signal);
      if (!signal.aborted) this.start();
    });
  }

  report(message: string, error: unknown): void {
    this.#tell("onReceiverError", this.#isStarted, textOf(message, error));
  }

  warn(code: MessageCode, message: string, errorCode?: ErrorCode): void {
    const { log, streamId } = this.#options;
    log.warn(code, `${this.#receiver.name}: ${message}`, { streamId, errorCode });
  }

  stop(message: string, error: unknown): void {
    this.#closing.abort();
    this.#next(async () => {
      if (!this.#isStarted) return;
      const text = textOf(message, error);
      await this.#halt(text);
      // A receiver that stops without an error is done: that is for listeners.
      if (error !== undefined) this.warn("RECEIVER_STOPPED", text, DStreamError.from(error).code);
    });
  }

  /** Stops the receiver for good; resolves when it stores no more. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#next(() => this.#halt());
    await this.#steps;
    this.#options.rows.close(new DStreamError("ILLEGAL_STATE", "the receiver is stopped"), { forgets: false });
  }

  async #halt(lastErrorMessage?: string): Promise<void> {
    if (!this.#isStarted) return;
    this.#isStarted = false;
    const isSlow = (): void => {
      const text = `onStop has not ended for ${slowStopMs / 1_000} s, and the receiver is not started again before it does`;
      this.report(text, undefined);
    };
    const slow = this.#options.timers.after(slowStopMs, isSlow).unref();
    try {
      await this.#receiver.onStop();
    } catch (error) {
      this.report("the receiver did not stop as it should", error);
    } finally {
      slow.cancel();
    }
    this.#tell("onReceiverStopped", false, lastErrorMessage);
  }

  #next(step: () => Promise<void>): void {
    this.#steps = this.#steps.then(step);
  }

  #tell(
    event: "onReceiverStarted" | "onReceiverError" | "onReceiverStopped",
    active: boolean,
    lastErrorMessage?: string,
  ): void {
    const { bus, streamId } = this.#options;
    const { name } = this.#receiver;
    const last = lastErrorMessage === undefined ? {} : { lastErrorMessage };
    bus.emit(event, { receiverInfo: { streamId, name, active, ...last } });
  }
}

function textOf(message: string, error: unknown): string {
  if (error === undefined) return message;
  return `${message}: ${messageOf(error)}${shownCauses(error)}`;
}
