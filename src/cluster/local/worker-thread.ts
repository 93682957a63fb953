import { DStreamError } from "../../errors/dstream-error.ts";
import { fromWire } from "../../errors/error-wire.ts";
import { kindOf, nodeCodeOf } from "../../errors/shown/thrown.ts";
import type { Timers } from "../../runtime/machine/timers.ts";
import type { AskedState, FoundInMemory } from "../../state/query/asked-state.ts";
import type { TaskResult, TaskSpec } from "../../task/task-spec.ts";
import type { BatchSpec } from "../cluster.ts";
import type { FromWorker, Registration, ToWorker, WorkerData } from "./messages.ts";
import type { WorkerPort, Workers } from "./worker-port.ts";

/** Exit codes of a program that comes to its end by itself; 13: it waits for what never comes. */
const programEnds: readonly number[] = [0, 13];

interface ThreadOptions {
  readonly workers: Workers;
  readonly timers: Timers;
  /** Told when the thread ends while it has no task: no batch fails of that. */
  readonly diedIdle: (death: DStreamError) => void;
}

/** The driver's end of one worker thread. It runs one task at a time. */
export class WorkerThread {
  readonly #port: WorkerPort;
  readonly #timers: Timers;
  readonly #registered = Promise.withResolvers<Registration>();
  readonly #exited = Promise.withResolvers<void>();
  /** Versions of broadcasts that were sent, by id. */
  readonly #broadcasts = new Map<number, string>();
  /** Id of the expansion that the thread was told of last. */
  #expansion: string | undefined;
  #task: (PromiseWithResolvers<TaskResult> & { readonly spec: TaskSpec }) | undefined;
  /** What the thread is to look up, in order. */
  readonly #questions: PromiseWithResolvers<FoundInMemory | undefined>[] = [];
  #death: DStreamError | undefined;
  #isRegistered = false;
  #isStopping = false;
  readonly #steps = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  readonly #diedIdle: (death: DStreamError) => void;

  constructor(data: Omit<WorkerData, "steps">, { workers, timers, diedIdle }: ThreadOptions) {
    this.#timers = timers;
    this.#diedIdle = diedIdle;
    this.#registered.promise.catch(() => {});
    this.#port = workers.start(
      { ...data, steps: this.#steps },
      {
        message: (message) => this.#receive(message),
        failed: (error) => this.#die(`a worker thread failed with ${nodeCodeOf(error) ?? kindOf(error)}`, error),
        exited: (code) => this.#ended(code),
      },
    );
  }

  /** The task that it runs now. */
  get task(): TaskSpec | undefined {
    return this.#task?.spec;
  }

  /** Changes while its tasks do something, also where the thread has no time for messages. */
  get steps(): number {
    return Atomics.load(this.#steps, 0);
  }

  /** Why the thread ended; undefined while it lives. */
  get death(): DStreamError | undefined {
    return this.#death;
  }

  /**
   * @throws GRAPH_MISMATCH when the file ends without start(), or does not come to it within `timeoutMs`; USER_FUNCTION_FAILED when it
   * throws before.
   */
  async registered(timeoutMs: number): Promise<Registration> {
    const timer = this.#timers.after(timeoutMs, () => {
      const text = `a worker did not come to \`await ssc.start()\` within ${Math.round(timeoutMs / 1_000)} s: code of the job's file waits for something before it that does not come in a worker`;
      this.#registered.reject(new DStreamError("GRAPH_MISMATCH", text));
    });
    try {
      return await this.#registered.promise;
    } finally {
      timer.cancel();
    }
  }

  /** Tells of a batch before its tasks: of each broadcast the version, where the thread does not have it. */
  beginBatch({ expansion, broadcasts }: Pick<BatchSpec, "expansion" | "broadcasts">): void {
    const missing = broadcasts.filter(({ id, version }) => this.#broadcasts.get(id) !== version);
    for (const { id, version } of missing) this.#broadcasts.set(id, version);
    const isOther = expansion?.id !== this.#expansion;
    this.#expansion = expansion?.id;
    if (isOther || missing.length > 0) this.send({ type: "batch", expansion, broadcasts: missing });
  }

  /** @throws whatever the task threw; WORKER_DIED when the thread ends first. */
  run(task: TaskSpec): Promise<TaskResult> {
    if (this.#death !== undefined) return Promise.reject(this.#death);
    this.#task = { ...Promise.withResolvers<TaskResult>(), spec: task };
    this.send(
      { type: "run", task },
      task.blocks.map(({ block }) => block.buffer),
    );
    return this.#task.promise;
  }

  /** Undefined, too, where the thread has a task or still loads the job's file: nothing waits for that. */
  lookUp(asked: AskedState): Promise<FoundInMemory | undefined> {
    const isFree = this.#isRegistered && this.#death === undefined && this.#task === undefined;
    if (!isFree) return Promise.resolve(undefined);
    const question = Promise.withResolvers<FoundInMemory | undefined>();
    this.#questions.push(question);
    this.send({ type: "look up", asked });
    return question.promise;
  }

  send(message: ToWorker, transfer: readonly ArrayBuffer[] = []): void {
    this.#port.post(message, transfer);
  }

  /** Ends the thread: it closes its connections first, within `timeoutMs`. */
  async stop(timeoutMs: number): Promise<void> {
    this.#isStopping = true;
    this.send({ type: "stop" });
    const timer = this.#timers.after(timeoutMs, () => this.#port.terminate());
    await this.#exited.promise;
    timer.cancel();
  }

  #receive(message: FromWorker): void {
    if (message.type === "registered") {
      this.#isRegistered = true;
      this.#registered.resolve(message);
    } else if (message.type === "done") this.#settle((task) => task.resolve(message.result));
    else if (message.type === "looked up") this.#questions.shift()?.resolve(message.found);
    else if (message.type === "failed") this.#settle((task) => task.reject(fromWire(message.error)));
    else this.#broken(fromWire(message.error));
  }

  #settle(settle: (task: PromiseWithResolvers<TaskResult>) => void): void {
    const task = this.#task;
    this.#task = undefined;
    if (task !== undefined) settle(task);
  }

  #broken(error: Error): void {
    const failure =
      error instanceof DStreamError
        ? error
        : new DStreamError(
            "USER_FUNCTION_FAILED",
            `the job's file threw ${error.name} in a worker, before start()${hintFor(error)}`,
            { cause: error },
          );
    this.#registered.reject(failure);
  }

  #ended(code: number): void {
    if (programEnds.includes(code)) {
      const text = `a worker ended without calling start(): the job's file must call \`await ssc.start()\` wherever it runs (exit code ${code})`;
      this.#registered.reject(new DStreamError("GRAPH_MISMATCH", text));
    }
    const where = this.#isRegistered ? "" : ", before it came to `await ssc.start()`";
    this.#die(`a worker thread ended with exit code ${code}${where}`);
    this.#exited.resolve();
  }

  /** The first reason counts: a thread that fails also exits. */
  #die(text: string, cause?: unknown): void {
    if (this.#death !== undefined) return;
    const task = this.#task?.spec;
    const place = task && {
      batchTime: task.batchTime,
      stage: task.stage,
      partition: task.index,
      attempt: task.attempt,
    };
    const where = place && ` in stage ${place.stage}, partition ${place.partition} of batch ${place.batchTime}`;
    const death = new DStreamError("WORKER_DIED", `${text}${where ?? ""}`, {
      ...(cause !== undefined && { cause }),
      data: { ...place },
    });
    this.#death = death;
    for (const question of this.#questions.splice(0)) question.resolve(undefined);
    this.#registered.reject(death);
    if (task === undefined && this.#isRegistered && !this.#isStopping) this.#diedIdle(death);
    this.#settle((waiting) => waiting.reject(death));
  }
}

/** Tools like ts-node change what their own thread loads, and no other. */
function hintFor({ message }: Error): string {
  const needsMore = /not supported in strip-only mode|Cannot use import statement outside a module/.test(message);
  return needsMore ? "; Node loads it there: what takes more than leaving types out runs under tsx" : "";
}
