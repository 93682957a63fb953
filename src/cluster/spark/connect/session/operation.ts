// One query from its start to its last row. The server keeps the query and what it has not delivered yet; a broken stream is
// taken up again from the last response that arrived, so a query survives any break of the connection that is shorter than the
// session's retry time.
import { randomUUID } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { DStreamError } from "../../../../errors/dstream-error.ts";
import { failureOf } from "../errors/spark-failure.ts";
import {
  type ExecutePlanResponse,
  type ExecutePlanResponse_ExecutionProgress,
  InterruptRequest_InterruptType,
  type Relation,
  type ReleaseExecuteRequestSchema,
} from "../gen/spark-connect.ts";
import { Backoff, isTransient } from "../retry.ts";
import type { SessionLink } from "./session-link.ts";

/** What the server may keep of what has arrived already. */
const unreleasedBytesMax = 1024 * 1024;
const interruptTimeoutMs = 5_000;

/** How far a query is. */
export interface QueryProgress {
  /** In the order in which they were made, those that wait among them. Tasks that failed have ended, too. */
  readonly stages: readonly { readonly numTasks: number; readonly numEnded: number; readonly isDone: boolean }[];
  /** Tasks that executors have. */
  readonly running: number;
}

export interface ExecuteOptions {
  /** Interrupts the query on the server, then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Gets every result batch (an Arrow IPC stream with its schema) in order; the next one is not read before it resolves. What it throws ends the query. */
  readonly onBatch: (arrowIpcBytes: Uint8Array, rowCount: number) => void | Promise<void>;
  /** Hears when something of it changed, every 2 s at most (`spark.connect.progress.reportInterval`); of Spark 3.5 never. */
  readonly onProgress?: (progress: QueryProgress) => void;
  /** Hears each time that the connection broke and is taken up again, with the reason. */
  readonly onBroken?: (reason: string) => void;
}

type Begin = (signal: AbortSignal) => AsyncIterable<ExecutePlanResponse>;

export class Operation {
  readonly id = randomUUID();
  readonly #link: SessionLink;
  readonly #plan: Relation;
  readonly #options: ExecuteOptions;
  readonly #backoff: Backoff;
  /** Ends the stream that is being read. */
  readonly #cut = new AbortController();
  #lastResponseId: string | undefined;
  #unreleasedBytes = 0;
  #isComplete = false;
  #consumerFailure: { readonly error: unknown } | undefined;

  constructor(link: SessionLink, plan: Relation, options: ExecuteOptions) {
    this.#link = link;
    this.#plan = plan;
    this.#options = options;
    this.#backoff = new Backoff(link.retryTimeoutMs);
  }

  /** @throws DStreamError; what `onBatch` threw; the signal's reason. In each case the query has been told to end. */
  async run(): Promise<void> {
    const { signal } = this.#options;
    signal?.throwIfAborted();
    let interrupted: Promise<void> | undefined;
    let patience: NodeJS.Timeout | undefined;
    const onAbort = (): void => {
      interrupted = this.#interrupt();
      // The interrupted query ends its stream with an error; when that does not come, the stream is left.
      patience = setTimeout(() => this.#cut.abort(), interruptTimeoutMs);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      await this.#readAll();
    } catch (error) {
      if (!signal?.aborted && this.#consumerFailure !== undefined) await this.#interrupt();
      if (!signal?.aborted) throw error;
    } finally {
      signal?.removeEventListener("abort", onAbort);
      clearTimeout(patience);
      await interrupted;
      this.#cut.abort();
      this.#release({ case: "releaseAll", value: {} });
    }
    signal?.throwIfAborted();
  }

  async #readAll(): Promise<void> {
    let next = this.#execute;
    while (!this.#isComplete) {
      try {
        await this.#read(next);
        // The server ends a stream after some minutes; the rest comes by another.
        next = this.#reattach;
      } catch (thrown) {
        if (this.#isComplete) return;
        if (this.#consumerFailure !== undefined) throw this.#consumerFailure.error;
        this.#options.signal?.throwIfAborted();
        next = await this.#after(thrown);
      }
    }
  }

  async #read(begin: Begin): Promise<void> {
    // A proxy may forget a stream and keep the connection. To take up a stream that is only silent does no harm.
    const silence = new AbortController();
    const watch = setTimeout(() => silence.abort(), this.#link.silenceMs);
    try {
      await this.#readUntil(begin.call(this, AbortSignal.any([this.#cut.signal, silence.signal])), watch);
    } catch (error) {
      const isSilence = silence.signal.aborted && this.#consumerFailure === undefined;
      if (!isSilence || this.#cut.signal.aborted || this.#options.signal?.aborted) throw error;
    } finally {
      clearTimeout(watch);
    }
  }

  async #readUntil(responses: AsyncIterable<ExecutePlanResponse>, watch: NodeJS.Timeout): Promise<void> {
    for await (const response of responses) {
      watch.refresh();
      this.#backoff.succeeded();
      this.#link.observe(response);
      const { responseType } = response;
      if (responseType.case === "arrowBatch") await this.#deliver(responseType.value.data, responseType.value.rowCount);
      if (responseType.case === "executionProgress") this.#options.onProgress?.(progressOf(responseType.value));
      if (responseType.case === "resultComplete") this.#isComplete = true;
      this.#lastResponseId = response.responseId;
      if (this.#unreleasedBytes > unreleasedBytesMax) {
        this.#unreleasedBytes = 0;
        this.#release({ case: "releaseUntil", value: { responseId: response.responseId } });
      }
      watch.refresh();
    }
  }

  async #deliver(data: Uint8Array, rowCount: bigint): Promise<void> {
    this.#unreleasedBytes += data.length;
    if (this.#options.signal?.aborted) return;
    try {
      await this.#options.onBatch(data, Number(rowCount));
    } catch (error) {
      this.#consumerFailure = { error };
      throw error;
    }
  }

  /** How to go on after a failed stream. @throws DStreamError when there is no going on. */
  async #after(thrown: unknown): Promise<Begin> {
    // The check of the session says for certain what it found.
    if (thrown instanceof DStreamError) throw thrown;
    const error = ConnectError.from(thrown);
    const { errorClass } = failureOf(error);
    const isUnknownToServer = errorClass === "INVALID_HANDLE.OPERATION_NOT_FOUND";
    const isKnownToServer = errorClass === "INVALID_HANDLE.OPERATION_ALREADY_EXISTS";
    // Nothing has arrived and the server does not know the query: the request to start it was lost on the way.
    const neverStarted = isUnknownToServer && this.#lastResponseId === undefined;
    if (neverStarted || isKnownToServer || isTransient(error)) {
      const { address, retryTimeoutMs } = this.#link;
      this.#options.onBroken?.(
        `the connection to ${address} broke (${error.rawMessage}) and is tried again, for ${retryTimeoutMs / 1_000} s at most`,
      );
      if (await this.#backoff.wait(this.#options.signal)) return neverStarted ? this.#execute : this.#reattach;
    }
    // It may still run, and its batch will be run again.
    if (isTransient(error)) await this.#interrupt();
    throw await this.#link.failure(thrown, { what: "the query", operationId: this.id });
  }

  async *#execute(signal: AbortSignal): AsyncIterable<ExecutePlanResponse> {
    await this.#link.checkSession();
    yield* this.#link.client.executePlan(
      {
        ...this.#link.fields(),
        operationId: this.id,
        plan: { opType: { case: "root", value: this.#plan } },
        requestOptions: [{ requestOption: { case: "reattachOptions", value: { reattachable: true } } }],
      },
      { signal },
    );
  }

  #reattach(signal: AbortSignal): AsyncIterable<ExecutePlanResponse> {
    return this.#link.client.reattachExecute(
      {
        ...this.#link.fields(),
        operationId: this.id,
        ...(this.#lastResponseId !== undefined && { lastResponseId: this.#lastResponseId }),
      },
      { signal },
    );
  }

  /** Tells the server to end the query, as far as that is possible: a query that has ended, or a server that is gone, is no failure. */
  async #interrupt(): Promise<void> {
    const request = {
      ...this.#link.fields(),
      interruptType: InterruptRequest_InterruptType.OPERATION_ID,
      interrupt: { case: "operationId", value: this.id },
    } as const;
    await this.#link.client.interrupt(request, { timeoutMs: interruptTimeoutMs }).catch(() => {});
  }

  #release(release: NonNullable<MessageInitShape<typeof ReleaseExecuteRequestSchema>["release"]>): void {
    const request = { ...this.#link.fields(), operationId: this.id, release };
    this.#link.inBackground(this.#link.client.releaseExecute(request, { timeoutMs: interruptTimeoutMs }));
  }
}

function progressOf({ stages, numInflightTasks }: ExecutePlanResponse_ExecutionProgress): QueryProgress {
  const inOrder = stages.toSorted((a, b) => Number(a.stageId - b.stageId));
  return {
    running: Number(numInflightTasks),
    stages: inOrder.map(({ numTasks, numCompletedTasks, done }) => {
      return { numTasks: Number(numTasks), numEnded: Number(numCompletedTasks), isDone: done };
    }),
  };
}
