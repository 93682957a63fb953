import { resolve } from "node:path";
import { queryableOperators } from "../../driver/query/queryable-operators.ts";
import { checkDuration, checkInteger, checkNumber } from "../../errors/checks/check-number.ts";
import {
  checkFlag,
  checkFunction,
  checkInstance,
  checkOptionNames,
  checkText,
  invalidOption,
} from "../../errors/checks/check-options.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import { markCopy } from "../../errors/package-copy.ts";
import { callSite } from "../../errors/user-code/user-frame.ts";
import { JobHistory } from "../../listeners/job-history.ts";
import { ListenerBus } from "../../listeners/listener-bus.ts";
import { type JobProgress, progressOf } from "../../listeners/progress.ts";
import type { StreamingListener } from "../../listeners/streaming-listener.ts";
import type { PlanNode } from "../../plan/graph/nodes/node.ts";
import type { Graph } from "../../plan/graph/plan-builder.ts";
import { checkNumPartitions } from "../../plan/partitioner.ts";
import { jobRuntime, runtimeKey } from "../../runtime/job-runtime.ts";
import type { JobLog } from "../../runtime/log/job-log.ts";
import { type HostProcess, thisProcess } from "../../runtime/process/this-process.ts";
import { resolvesWithin } from "../../runtime/unless-abandoned.ts";
import { readLines } from "../../sources/files/reading/read-lines.ts";
import { readRecordsOf } from "../../sources/files/reading/read-records.ts";
import { Receiver } from "../../sources/receivers/receiver.ts";
import { linesOf, type RowsOf } from "../../sources/receivers/socket-receiver.ts";
import { Accumulator } from "../accumulator.ts";
import { Broadcast } from "../broadcast.ts";
import { checkStreams } from "../check-together.ts";
import { type DStream, unionOf } from "../dstream.ts";
import type { Duration } from "../duration.ts";
import { type FileStreamOptions, fileInput, readWith } from "../input/file-input.ts";
import { type QueueStreamOptions, queueInput } from "../input/queue-input.ts";
import { receiverInput } from "../input/receiver-input.ts";
import { type SocketStreamOptions, socketInput } from "../input/socket-input.ts";
import { answering, type StateQuery, stateQuery } from "../keyed/state-query.ts";
import { outputContext } from "../output/output-scope.ts";
import { withDelivery } from "../output/with-delivery.ts";
import { PairDStream } from "../pair-dstream.ts";
import type { TransformFunction } from "../rdd/homes/batch-home.ts";
import { DriverHome } from "../rdd/homes/driver-home.ts";
import type { RDDHome } from "../rdd/homes/rdd-home.ts";
import { LocalRDD } from "../rdd/local-rdd.ts";
import type { RDD } from "../rdd/rdd.ts";
import { rememberStreams } from "../remember/remember-streams.ts";
import { RememberedBatches } from "../remember/remembered-batches.ts";
import type { NamedPart } from "../stream-internals.ts";
import type { RDDOf, RDDsOf, StreamOf } from "../stream-of.ts";
import { transformOf } from "../transform-of.ts";
import type { Awaitable, Time } from "../types.ts";
import { checkAlone } from "./check-alone.ts";
import { checkFolder, graceAfterJob, type StreamingContextOptions } from "./context-options.ts";
import type { GetOrCreateOptions } from "./get-or-create.ts";
import { JobBuilder } from "./job-builder.ts";
import { JobRun } from "./job-run.ts";
import { LoadedModules } from "./loaded-modules.ts";
import type { TestProgram } from "./make-driver.ts";
import { type EffectiveOptions, effectiveOptions } from "./spark-conf/effective-options.ts";

export type ContextState = "INITIALIZED" | "ACTIVE" | "STOPPED";

const defaultMaxResultBytes = 256 * 1024 * 1024;

/**
 * The entry point of a job: makes its input streams, and starts and stops it. A context is started once; one context of a
 * process is active at a time.
 *
 * The job's file runs again in every worker. Code before `await ssc.start()` runs there, too, and must build the same graph;
 * in a worker `start()` never resolves, so that code after it runs in the driver only.
 */
export class StreamingContext {
  readonly #options: EffectiveOptions;
  readonly #process: HostProcess;
  readonly #modules: LoadedModules;
  readonly #job: JobBuilder;
  readonly #maxResultBytes: number;
  readonly #remembered: RememberedBatches;
  readonly #bus: ListenerBus;
  readonly #history = new JobHistory();
  readonly #terminated = Promise.withResolvers<void>();
  #state: ContextState = "INITIALIZED";
  #run: JobRun | undefined;
  #starting: Promise<void> | undefined;
  #isAwaited = false;
  #isStoppedByProgram = false;
  #test: TestProgram | undefined;
  #checkpointDir: string | undefined;

  /** @throws UNKNOWN_OPTION, INVALID_OPTION. */
  constructor(options: StreamingContextOptions) {
    this.#options = effectiveOptions(options);
    this.#process = this.#options.runtime.process;
    this.#bus = new ListenerBus(this.#options.runtime.log);
    const { maxResultBytes, batchInterval, checkpointDir } = this.#options;
    this.#maxResultBytes = maxResultBytes ?? defaultMaxResultBytes;
    this.#job = new JobBuilder(batchInterval, this.#process);
    this.#modules = new LoadedModules(this.#options);
    this.#remembered = new RememberedBatches(this.#maxResultBytes);
    this.#checkpointDir = checkpointDir;
    // Before those of the program, which may look at `progress`.
    this.#bus.add(this.#history);
    this.#terminated.promise.catch(() => {});
  }

  /**
   * Spark's way to go on from a checkpoint, or to begin one: `create` makes the context and its streams, and the context gets
   * `checkpointDir`. Unlike Spark, `create` is called in either case, since functions are not kept in checkpoints: the program
   * may have changed, as long as its stateful operators have their names.
   *
   * @throws CHECKPOINT_CORRUPT, CHECKPOINT_TOO_NEW, unless `createOnError`; CHECKPOINT_UNAVAILABLE; what `create` throws;
   * INVALID_OPTION when `create` chose another folder.
   */
  static async getOrCreate(
    checkpointDir: string,
    create: () => StreamingContext | Promise<StreamingContext>,
    options: GetOrCreateOptions = {},
  ): Promise<StreamingContext> {
    checkOptionNames("getOrCreate", options, ["createOnError"]);
    checkFlag("getOrCreate's createOnError", options.createOnError);
    checkFolder("getOrCreate's checkpointDir", checkpointDir);
    checkFunction("getOrCreate", create);
    const make = async (): Promise<StreamingContext> => checkCreated("getOrCreate", await create());
    const logOf = (made: StreamingContext): JobLog => made.#options.runtime.log;
    // In a worker there is nothing to see to.
    const isWorker = jobRuntime(options[runtimeKey]).process.role !== undefined;
    const prepared = isWorker ? undefined : await import("./get-or-create.ts");
    const context = await (prepared?.createPrepared(checkpointDir, options, { make, logOf }) ?? make());
    const chosen = context.#checkpointDir;
    if (chosen !== undefined && resolve(chosen) !== resolve(checkpointDir)) {
      throw invalidOption("the created context's checkpointDir", chosen, `${checkpointDir} or left out`);
    }
    context.checkpoint(checkpointDir);
    return context;
  }

  /** The active context, else as `getOrCreate`, or without a `checkpointDir` what `create` makes. */
  static async getActiveOrCreate(
    create: () => StreamingContext | Promise<StreamingContext>,
    options: GetOrCreateOptions & { readonly checkpointDir?: string } = {},
  ): Promise<StreamingContext> {
    checkOptionNames("getActiveOrCreate", options, ["checkpointDir", "createOnError"]);
    checkFunction("getActiveOrCreate", create);
    const { checkpointDir, ...others } = options;
    const active = StreamingContext.getActive();
    if (active !== undefined) return active;
    if (checkpointDir === undefined) return checkCreated("getActiveOrCreate", await create());
    return StreamingContext.getOrCreate(checkpointDir, create, others);
  }

  /** The context of this process that was started and not stopped. */
  static getActive(): StreamingContext | undefined {
    const { activeContext, role } = thisProcess;
    return role === undefined && activeContext instanceof StreamingContext ? activeContext : undefined;
  }

  /**
   * Keeps the job's checkpoint in a folder, as the option `checkpointDir` does; null: keeps none.
   *
   * @throws INVALID_OPTION; ILLEGAL_STATE after start().
   */
  checkpoint(directory: string | null): void {
    this.#job.checkOpen();
    if (directory !== null) checkFolder("checkpoint's directory", directory);
    this.#checkpointDir = directory ?? undefined;
  }

  /**
   * Keeps the rows of streams for `duration` milliseconds, for `slice`: of those given, or of all. They are brought to the driver
   * with each batch, so they are plain data (else the batch fails: VALUE_NOT_ENCODABLE), and listeners hear of an output for each
   * stream; not more than `maxResultBytes` are kept of all together, the newest. Streams under a window are kept for
   * its length longer, streams with state or a checkpoint interval for two intervals at least. Without a call only what foreachRDD
   * brings to the driver is kept, for ten slides of its stream, at most 16 MiB.
   *
   * @throws INVALID_OPTION; ILLEGAL_STATE for streams of another context, when it was called before, and after start().
   */
  remember(duration: Duration, streams?: readonly DStream<any>[]): void {
    this.#job.checkOpen();
    checkDuration("remember's duration", duration);
    if (streams !== undefined) checkStreams("remember", streams);
    if (streams?.some(({ internals }) => internals.job !== this.#job)) {
      throw new DStreamError("ILLEGAL_STATE", "remember takes streams of one context only");
    }
    this.#remembered.keepFor(
      duration,
      streams?.map(({ internals }) => internals.node),
    );
  }

  get state(): ContextState {
    return this.#state;
  }

  /** Where the job's page is, while it has one: after start(), with the option `ui` or `--ui`. */
  get uiUrl(): string | undefined {
    return this.#run?.uiUrl;
  }

  /** How the job is doing: batches, records, rates and delays so far, what waits and what went wrong last. */
  get progress(): JobProgress {
    return progressOf(this.#history);
  }

  /**
   * The state of an operator, by its name, as the last committed batch left it; to be asked for while the job runs.
   *
   * @throws STATE_OPERATOR_MISSING where no operator so far has this name and a state for each key; INVALID_OPTION
   */
  queryState<K = unknown, S = unknown>(operator: string): StateQuery<K, S> {
    const operators = queryableOperators(this.#job.plan.build());
    return stateQuery(operator, operators, () => this.#run?.queries ?? answering(this.#state, undefined));
  }

  /** @internal For the test kit: what workers run in place of the program. */
  runAsTest(program: TestProgram): void {
    this.#test = program;
  }

  /** @internal For RDDs that belong to no batch. */
  get rddHome(): RDDHome {
    const { defaultParallelism, runtime } = this.#options;
    const { broadcasts, accumulators } = this.#job;
    const maxResultBytes = this.#maxResultBytes;
    return new DriverHome({ maxResultBytes, defaultParallelism, broadcasts, accumulators, runtime });
  }

  /** @internal For the context's input streams and tests. */
  get job(): JobBuilder {
    return this.#job;
  }

  /** @internal */
  get options(): EffectiveOptions {
    return this.#options;
  }

  /** @internal */
  get listeners(): ListenerBus {
    return this.#bus;
  }

  /**
   * Starts the job; resolves when sources and workers are ready. In a worker it never resolves. Started again it does nothing.
   * It waits for a checkpoint that another driver has as long as `lockWait` says, or until stop(). A start that fails stops the
   * context, except where another one is active: it can be started when that one is stopped.
   *
   * @throws NO_OUTPUT_OPERATION; CONTEXT_ALREADY_ACTIVE; ILLEGAL_STATE after stop(); CHECKPOINT_LOCKED, GRAPH_MISMATCH, …
   */
  async start(): Promise<void> {
    if (this.#state === "STOPPED")
      throw new DStreamError("ILLEGAL_STATE", "a context cannot be started after it was stopped");
    if (this.#starting === undefined) checkAlone(this.#process);
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async #start(): Promise<void> {
    try {
      const graph = this.#closedGraph();
      const { role, command } = this.#process;
      this.#process.activeContext = this;
      if (role !== undefined) {
        role.register(graph, this.#options.runtime);
        return await new Promise<never>(() => {});
      }
      this.#state = "ACTIVE";
      command?.jobBegan();
      await this.#startRun(graph);
    } catch (error) {
      this.#end(undefined, true, this.#run && error);
      throw error;
    }
  }

  /** The graph that will run. @throws NO_OUTPUT_OPERATION, CHECKPOINT_REQUIRED, INVALID_OPTION */
  #closedGraph(): Graph {
    if (this.#job.plan.build().outputs.length === 0) {
      const text = "no output operation is registered, so nothing would run; add print(), foreachRDD() or another";
      throw new DStreamError("NO_OUTPUT_OPERATION", text);
    }
    rememberStreams(this.#job, this.#remembered);
    this.#job.close();
    return withDelivery(this.#job.neededGraph(), this.#chosenCheckpoint !== undefined);
  }

  /** The command line comes first. */
  get #chosenCheckpoint(): string | undefined {
    return this.#process.runOptions.checkpointDir ?? this.#checkpointDir;
  }

  async #startRun(graph: Graph): Promise<void> {
    this.#run = new JobRun({
      ...{ options: this.#options, modules: this.#modules, job: this.#job, graph, bus: this.#bus },
      ...{ history: this.#history, maxResultBytes: this.#maxResultBytes, test: this.#test },
      checkpointDir: this.#chosenCheckpoint,
      began: (before) => this.#remembered.begin(graph, before),
      ended: (error, hasFailed) => this.#end(error, hasFailed),
    });
    await this.#run.start();
  }

  /**
   * Stops the job; resolves when it has ended. Gracefully: what was received and planned runs first. Inside foreachRDD it takes
   * effect after the batch and resolves at once. Stopped again it does nothing. `stopCluster: false` leaves the session on a
   * Spark cluster open, which the program's next job on it then uses.
   *
   * @throws ILLEGAL_STATE inside a listener; UNKNOWN_OPTION
   */
  async stop(options: { stopGracefully?: boolean; stopCluster?: boolean } = {}): Promise<void> {
    checkOptionNames("stop", options, ["stopGracefully", "stopCluster"]);
    for (const name of ["stopGracefully", "stopCluster"] as const) checkFlag(`stop's ${name}`, options[name]);
    if (this.#bus.isCalling)
      throw new DStreamError("ILLEGAL_STATE", "a StreamingListener cannot stop the context; stop it from elsewhere");
    if (this.#state === "INITIALIZED") this.#end(undefined);
    if (this.#state === "STOPPED") return;
    this.#isStoppedByProgram = true;
    const isInOutput = outputContext() === this;
    const mode = options.stopGracefully ? "when-drained" : isInOutput ? "after-batch" : "now";
    const { stopCluster = this.#options.fromConf.stopCluster } = options;
    const stopped = this.#run?.stop("stopped", mode, stopCluster === undefined ? undefined : !stopCluster);
    if (isInOutput) return;
    await stopped;
    await this.#terminated.promise.catch(() => {});
  }

  /** `told`: what the run has told its log that it failed with. */
  #end(error: DStreamError | undefined, hasFailed = error !== undefined, told: unknown = error): void {
    if (this.#state === "STOPPED") return;
    const graceMs = graceAfterJob(this.#options, this.#isAwaited || this.#isStoppedByProgram);
    const end = { hasFailed, graceMs, ...(this.#options.runtime.log.isOnStandardError && { told }) };
    if (this.#state === "ACTIVE") this.#process.command?.jobEnded(end);
    this.#state = "STOPPED";
    this.#job.close();
    if (this.#process.activeContext === this) this.#process.activeContext = undefined;
    if (error === undefined) this.#terminated.resolve();
    else this.#terminated.reject(error);
    if (error !== undefined && !this.#isAwaited) this.#process.failed(); // Whoever awaits it decides.
  }

  /** Resolves when the job has been stopped. @throws the error that ended the job. */
  awaitTermination(): Promise<void> {
    this.#isAwaited = true;
    return this.#terminated.promise;
  }

  /**
   * True when the job has been stopped within `timeout` milliseconds, else false.
   *
   * @throws the error that ended the job; INVALID_OPTION
   */
  async awaitTerminationOrTimeout(timeout: Duration): Promise<boolean> {
    checkNumber("awaitTerminationOrTimeout's timeout", timeout, 0, { allowed: "milliseconds, at least 0" });
    this.#isAwaited = true;
    return resolvesWithin(timeout, this.#terminated.promise, this.#options.runtime.timers);
  }

  /** A stream of the entries of a queue that the program owns: arrays of rows. For tests and experiments; nothing recovers it. */
  queueStream<T>(queue: (readonly T[] | RDD<T> | null)[], options: QueueStreamOptions<T> = {}): StreamOf<T> {
    return this.stream(queueInput(this, queue, options)) as StreamOf<T>;
  }

  /** Lines of UTF-8 text from a TCP server, received by the driver, which connects again when the connection ends. At most once. */
  socketTextStream(host: string, port: number, options: SocketStreamOptions = {}): DStream<string> {
    const input = { label: "socketTextStream", operator: "socket", host, port, rowsOf: linesOf } as const;
    return this.stream(socketInput(this, input, options));
  }

  /**
   * As socketTextStream, with rows that a function makes of the bytes that a connection brings. It is called anew for each
   * connection and runs in the driver; when it throws the connection is closed and made again.
   */
  socketStream<T>(
    host: string,
    port: number,
    converter: (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<T>,
    options: SocketStreamOptions = {},
  ): StreamOf<T> {
    checkFunction("socketStream", converter);
    const rowsOf: RowsOf<T> = async function* (bytes) {
      for await (const row of converter(bytes)) yield [row];
    };
    const input = { label: "socketStream", operator: "socketStream", host, port, rowsOf: () => rowsOf } as const;
    return this.stream(socketInput(this, input, options)) as StreamOf<T>;
  }

  /**
   * Lines of the UTF-8 text files that come into a folder. Files must be complete when they get their names there: write them
   * elsewhere, or with a name that begins with a dot, and rename them. Each is read once, by the time of its last change. Every
   * worker must reach the folder. `directory` may be a pattern of folders (`logs/*`).
   *
   * @throws UNKNOWN_OPTION, INVALID_OPTION.
   */
  textFileStream(directory: string, options?: FileStreamOptions): DStream<string> {
    return this.stream(fileInput(this, "textFileStream", directory, readLines, options));
  }

  /** As textFileStream, with records of `recordLength` bytes. A file with a part of a record ends the job (FILE_UNAVAILABLE). */
  binaryRecordsStream(directory: string, recordLength: number): DStream<Uint8Array> {
    checkInteger("binaryRecordsStream's recordLength", recordLength, 1);
    return this.stream(fileInput(this, "binaryRecordsStream", directory, readRecordsOf(recordLength)));
  }

  /** As textFileStream, with rows that a function makes of each file; it runs in the tasks and is given the file's absolute path. */
  fileStream<T>(
    directory: string,
    read: (path: string) => Awaitable<Iterable<T> | AsyncIterable<T>>,
    options?: FileStreamOptions,
  ): StreamOf<T> {
    const readFile = readWith(checkFunction("fileStream", read));
    return this.stream(fileInput(this, "fileStream", directory, readFile, options)) as StreamOf<T>;
  }

  /** What a receiver of the program's own stores. @throws INVALID_OPTION unless it is a Receiver. */
  receiverStream<T>(receiver: Receiver<T>): StreamOf<T> {
    checkInstance("receiverStream's argument", receiver, Receiver, "a Receiver");
    return this.stream(receiverInput(this, "receiver", receiver)) as StreamOf<T>;
  }

  /** The rows of all streams. @throws ILLEGAL_STATE for no stream, or streams of other contexts or slides. */
  union<T>(...streams: readonly DStream<T>[]): StreamOf<T> {
    return unionOf("union", streams, this.#job);
  }

  /** As `DStream.transform`, with the RDDs of any number of streams. @throws ILLEGAL_STATE as `union` does. */
  transform<S extends readonly DStream<any>[], U>(
    streams: readonly [...S],
    f: (rdds: RDDsOf<S>, time: Time) => RDD<U>,
  ): StreamOf<U> {
    return transformOf("transform", streams, checkFunction("transform", f) as TransformFunction, this.#job);
  }

  /**
   * A value that tasks and functions of transform can read. The factory runs on the driver only, when the job starts; its value
   * has to be plain data.
   *
   * @throws ILLEGAL_STATE after start().
   */
  broadcast<T>(factory: () => Awaitable<T>): Broadcast<T> {
    this.#job.checkOpen();
    checkFunction("broadcast", factory);
    const { broadcasts, process } = this.#job;
    return new Broadcast<T>(broadcasts.add(factory, { operator: "broadcast", site: callSite() }), broadcasts, process);
  }

  /**
   * A number that tasks add to. `name` is for errors; default "accumulator".
   *
   * @throws INVALID_OPTION, UNKNOWN_OPTION; ILLEGAL_STATE after start().
   */
  accumulator(initial: number, options: { readonly name?: string } = {}): Accumulator {
    this.#job.checkOpen();
    checkOptionNames("accumulator", options, ["name"]);
    const { name = "accumulator" } = options;
    checkText("accumulator's name", name);
    checkNumber("accumulator's initial value", initial, -Number.MAX_VALUE, { allowed: "a number that is finite" });
    const { accumulators, process } = this.#job;
    return new Accumulator(accumulators.register(initial, name), name, accumulators, process);
  }

  /**
   * An RDD of rows that the program has, for queueStream, transform, and for what foreachRDD does with RDDs. In transform the rows
   * have to be plain data, and the same wherever the job's file runs. `numPartitions`: default `defaultParallelism`, else 1.
   */
  parallelize<T>(data: readonly T[], numPartitions = this.#options.defaultParallelism ?? 1): RDDOf<T> {
    if (!Array.isArray(data)) throw invalidOption("parallelize's data", typeof data, "an array");
    return LocalRDD.of([...data], checkNumPartitions(numPartitions), this.#options.runtime) as unknown as RDDOf<T>;
  }

  /** @throws INVALID_OPTION for what is no object. */
  addStreamingListener(listener: StreamingListener): void {
    this.#bus.add(listener);
  }

  removeStreamingListener(listener: StreamingListener): void {
    this.#bus.remove(listener);
  }

  /** @internal For the context's input streams: the stream of a node. */
  stream(node: PlanNode, named: readonly NamedPart[] = [[node, ""]]): DStream<any> {
    return new PairDStream({
      node,
      context: this,
      job: this.#job,
      slideDuration: node.slideMs,
      maxResultBytes: this.#maxResultBytes,
      remembered: this.#remembered,
      named,
      add: (parts) => this.#job.add(parts),
      stream: (derived, parts) => this.stream(derived, parts),
    });
  }
}

markCopy(StreamingContext);

const checkCreated = (where: string, context: StreamingContext): StreamingContext =>
  checkInstance(`what ${where}'s function makes`, context, StreamingContext, "a StreamingContext");
