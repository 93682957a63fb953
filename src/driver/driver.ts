import { join } from "node:path";
import type { Cluster } from "../cluster/cluster.ts";
import type { ErrorCode } from "../errors/codes.ts";
import { DStreamError } from "../errors/dstream-error.ts";
import { shownError } from "../errors/shown/shown-error.ts";
import { stateFacts } from "../listeners/facts/state-facts.ts";
import type { ListenerBus } from "../listeners/listener-bus.ts";
import { isTransactional } from "../plan/graph/output.ts";
import type { Graph } from "../plan/graph/plan-builder.ts";
import { statefulOperators } from "../plan/graph/stateful-operators.ts";
import { cutIntoStages, isStateful, type Parallelism } from "../plan/plan.ts";
import type { Activity } from "../runtime/activity.ts";
import type { JobRuntime } from "../runtime/job-runtime.ts";
import { type Clock, isStepped } from "../runtime/machine/clock.ts";
import { Patience } from "../runtime/patience.ts";
import { giveUpGraceMs, leaveBehind, unlessAbandoned } from "../runtime/unless-abandoned.ts";
import { leftPositions } from "../sources/left-positions.ts";
import type { SourceDriver } from "../sources/source-driver.ts";
import { emptyManifest } from "../state/manifest.ts";
import type { StateStoreKind } from "../state/open-state-store.ts";
import type { Accumulators } from "./accumulators.ts";
import type { Batch, RunningStage } from "./batch/batch.ts";
import { BatchGenerator } from "./batch/batch-generator.ts";
import { BatchLife } from "./batch/batch-life.ts";
import type { OutputAction } from "./batch/batch-outputs.ts";
import { BatchRunner } from "./batch/batch-runner.ts";
import { StallWatch } from "./batch/stall-watch.ts";
import type { Broadcasts } from "./broadcasts.ts";
import type { BatchLog } from "./checkpoint/batch-log.ts";
import type { CheckpointState } from "./checkpoint/checkpoint-state.ts";
import { type CheckpointOptions, openBatchLog } from "./checkpoint/open-batch-log.ts";
import { recoveredBatch, resumeOf } from "./checkpoint/recovered-batch.ts";
import { removeDeadTextFiles } from "./files/text-file-claims.ts";
import { showTextFiles } from "./files/text-files.ts";
import { tellBatch, tellStart } from "./job-messages.ts";
import { queryableOperators } from "./query/queryable-operators.ts";
import { StateQueries } from "./query/state-queries.ts";
import { StateFolder } from "./state/state-folder.ts";
import { BatchTransactions } from "./transactions/batch-transactions.ts";

export interface DriverOptions {
  readonly appName: string;
  /** As it may be shown. */
  readonly master: string;
  readonly graph: Graph;
  readonly sources: readonly SourceDriver[];
  readonly cluster: Cluster;
  /** What batches go by. */
  readonly clock: Clock;
  readonly runtime: JobRuntime;
  readonly bus: ListenerBus;
  readonly actions: ReadonlyMap<number, OutputAction>;
  readonly batchIntervalMs: number;
  readonly defaultParallelism: number | undefined;
  readonly broadcasts: Broadcasts;
  readonly accumulators: Accumulators;
  readonly maxBatchRetries: number;
  readonly maxResultBytes: number;
  readonly jobFile: string;
  readonly jobArguments: readonly string[];
  readonly jobModules: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Without one the job begins anew with each start, and its state is in the workers' memory. */
  readonly checkpoint: CheckpointOptions | undefined;
  readonly stateBuckets: number | undefined;
  readonly stateStore: StateStoreKind;
  /** Stop gracefully after this many batches. */
  readonly maxBatches: number | undefined;
  /** Whether the cluster's session outlives a job that ends by itself. */
  readonly keepsCluster: boolean;
  /** Called once, when it is known where the job goes on. */
  readonly began: (before: JobBefore) => void;
  /** What a stop may take that names no time of its own: `gracefulStopTimeout`. */
  readonly stopTimeoutMs: number;
  /** Called once, when the job has ended: with the error that ended it, or without. */
  readonly ended: (error: DStreamError | undefined, how: HowItEnded) => void;
}

export interface HowItEnded {
  /** Whether a batch was given up since the time for a graceful end was over. */
  readonly gaveUp: boolean;
  /** Whether it ended since `maxBatches` had run. */
  readonly hasRunAll: boolean;
}

/** The time of the last batch that earlier runs of the job committed, and where its slides are counted from. */
export type JobBefore = Pick<CheckpointState, "committed" | "zeroTime">;

export interface StopOptions {
  /** Leave the cluster's session open for the program's next job. Default: as the options say. */
  readonly keepsCluster?: boolean | undefined;
}

/** Stop when all that was received and planned has run, after the batch that runs, or at once (nothing of it is committed). */
export type StopMode = "when-drained" | "after-batch" | "now";

/** What closing may take that waits for others: brokers, a cluster, disks. Then it is left behind. */
const closingMs = 10_000;
/** Programs load, and archives travel to executors, in one piece. */
const startPatienceMs = 30_000;
/** What a start may take to come to its end once the job was stopped. */
const beginningGraceMs = 2_000;
/** Errors of files that a driver which has taken over may have caused. */
const filesChanged: ReadonlySet<ErrorCode> = new Set([
  "CHECKPOINT_CORRUPT",
  "CHECKPOINT_UNAVAILABLE",
  "FILE_UNAVAILABLE",
]);

/**
 * Runs a job: a generator plans batches as they fall due, and they run one after the other in that order; each is committed
 * before the next begins. An error that does not pass ends the job, since later batches must not overtake a failed one.
 */
export class Driver {
  readonly #options: DriverOptions;
  readonly #generator: BatchGenerator;
  /** It goes by the machine's time, also where batches do not. */
  readonly #watch: StallWatch;
  readonly #abort = new AbortController();
  readonly #queue: Batch[] = [];
  /** Whether batches that are planned from now on are to run. */
  #takesBatches = true;
  #transactions: BatchTransactions | undefined;
  #stateFolder: StateFolder | undefined;
  #queries: StateQueries | undefined;
  #keepsCluster: boolean;
  #log: BatchLog | undefined;
  #life: BatchLife | undefined;
  #loop: Promise<void> | undefined;
  /** Sources are being told of the last batch that was committed, while the next one runs. */
  #telling: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | undefined;
  /** Receivers are being stopped; what they wait for may be batches that are still to come. */
  #isDraining = false;
  #detachClock: () => void = () => {};
  #error: DStreamError | undefined;
  #numCommitted = 0;
  /** The time of the batch that runs. */
  #running: Batch | undefined;
  #hasGivenUp = false;
  #hasRunAll = false;
  #beginning: Promise<void> = Promise.resolve();
  #releasing: Promise<void> = Promise.resolve();
  readonly #hasEnded = Promise.withResolvers<void>();

  constructor(options: DriverOptions) {
    this.#options = options;
    this.#keepsCluster = options.keepsCluster;
    this.#watch = new StallWatch(options.runtime, (stall) => {
      options.bus.emit(stall.until === undefined ? "onBatchStalled" : "onStallEnded", { stall });
    });
    this.#generator = new BatchGenerator({
      ...options,
      names: options.graph.names,
      watch: this.#watch,
      submit: (batch) => this.#submit(batch),
    });
  }

  /** Answers questions about state, beside the batches; undefined before the job has begun. */
  get queries(): StateQueries | undefined {
    return this.#queries;
  }

  /** How far the batch is that runs; undefined while none runs a stage. */
  get runningStage(): RunningStage | undefined {
    return this.#running?.stage;
  }

  /**
   * Resolves when sources and workers are ready and batches are on their way, or when the job is stopped meanwhile: what waits for
   * others to come is left behind.
   */
  async start(): Promise<void> {
    try {
      this.#beginning = this.#begin();
      await Promise.race([this.#beginning, this.#hasEnded.promise]);
    } catch (error) {
      if (this.#stopping === undefined) throw error;
    }
  }

  async #begin(): Promise<void> {
    const { sources, graph, clock, bus, checkpoint, began, runtime } = this.#options;
    let recovered: Batch | undefined;
    let log: BatchLog;
    const place = (): string => "the checkpoint is opened";
    const who = "the start of the job";
    const activity = this.#watch.begin({ who, place, patienceMs: startPatienceMs });
    try {
      log = await openBatchLog({ ...this.#options, signal: this.#abort.signal });
      this.#log = log;
      began(log.state);
      const { signal } = this.#abort;
      const patience = new Patience({ who, signal, activity, log: runtime.log, timers: runtime.timers });
      const { life, parallelism } = await this.#ready(log, patience, activity);
      const recovery = { sources, names: graph.names, parallelism, clock, timers: runtime.timers };
      recovered = await patience.until(() => recoveredBatch(log.state, recovery));
      // All this may have taken long.
      await log.check();
      this.#life = life;
      this.#queries = this.#answering(log);
    } catch (error) {
      const reason = await this.#explain(error);
      await this.#release();
      // An interrupt reaches helpers of the start, too; what fails for that reason is no news.
      if (this.#stopping !== undefined) return;
      throw reason;
    } finally {
      activity.end();
    }
    // Stopped in the middle of the start: what was opened since then is closed as well.
    if (this.#stopping !== undefined) return this.#release();
    if (isStepped(clock)) this.#detachClock = clock.attach(() => this.#settled());
    const { batchIntervalMs: batchInterval } = this.#options;
    bus.emit("onStreamingStarted", { time: clock.now(), batchInterval, state: stateFacts(log.state.manifest) });
    tellStart(runtime.log, { ...this.#options, state: log.state, recovered });
    const after = recovered?.time ?? log.state.committed;
    if (recovered !== undefined) this.#submit(recovered);
    this.#generator.start((error) => this.#fail(error), { after, replay: checkpoint?.recovery === "replay" });
  }

  /** Starts sources and workers where the log ends. */
  async #ready(
    log: BatchLog,
    patience: Patience,
    activity: Activity,
  ): Promise<{ readonly life: BatchLife; readonly parallelism: Parallelism }> {
    const { sources, cluster, graph, broadcasts, stateStore, runtime } = this.#options;
    const { names, given = [] } = graph;
    const { signal } = this.#abort;
    const { dropState = [] } = this.#options.checkpoint ?? {};
    // What is open of the transactions ends here, of whatever driver.
    if (graph.outputs.some(isTransactional)) await log.check();
    // First, since it may be that the last batch was committed.
    activity.moved(() => "transactions with Kafka output are settled");
    this.#transactions = await patience.until(() => BatchTransactions.open({ ...this.#options, log, signal }));
    const fileSinks = graph.outputs.flatMap((output) => (output.kind === "files" ? [output.sink] : []));
    await removeDeadTextFiles(fileSinks, runtime);
    // The last run may have ended between the commit of its last batch and the showing of its files.
    if (log.state.committed !== undefined && fileSinks.length > 0) {
      await log.check();
      await showTextFiles(fileSinks, log.state.committed, runtime);
    }
    activity.moved(() => "the cluster is opened");
    await cluster.open();
    await broadcasts.load();
    this.#stateFolder = await this.#openStateFolder(log);
    const sorted = stateStore === "disk" ? await this.#stateFolder?.sorted(log.state.manifest, signal) : undefined;
    if (sorted !== undefined) await log.replaceManifest(sorted);
    const start = async (source: SourceDriver): Promise<[number, number]> => {
      const name = names[source.nodeId] as string;
      const resume = resumeOf(log.state, { name, isNamed: given.includes(name), dropState });
      return [source.nodeId, await patience.until(() => source.start(cluster.slots, resume))];
    };
    activity.moved(() => "the input streams find out where they begin");
    const partitions = await Promise.all(sources.map(start));
    await log.leave(leftPositions(log.state, sources, dropState));
    const { buckets } = log.state;
    const plan = cutIntoStages(graph, {
      defaultParallelism: this.#options.defaultParallelism,
      slots: cluster.slots,
      sourcePartitions: Object.fromEntries(partitions),
      buckets,
    });
    activity.moved(() => "the workers load the job's file");
    await cluster.start({ ...this.#options, plan, state: { store: stateStore, directory: this.#stateFolder?.path } });
    const { parallelism } = plan;
    const life = new BatchLife({
      runtime,
      log,
      signal,
      runner: new BatchRunner({ ...this.#options, plan, signal, check: () => log.check() }),
      transactions: this.#transactions,
      stateFolder: this.#stateFolder,
      fileSinks,
      isCheckpointed: this.#options.checkpoint !== undefined,
      operators: statefulOperators(graph, buckets).map(({ operator, buckets: own }) => ({ operator, buckets: own })),
      names,
      batchIntervalMs: this.#options.batchIntervalMs,
      parallelism,
    });
    return { life, parallelism };
  }

  /**
   * Ends the job. After `stopTimeoutMs` it gives up the batch that runs, and a few seconds later what does not let itself be closed:
   * it resolves in any case. Called again, it only hastens the end.
   */
  stop(mode: StopMode, { keepsCluster = this.#keepsCluster }: StopOptions = {}): Promise<void> {
    if (this.#stopping === undefined) this.#keepsCluster = keepsCluster;
    // Before the start has come to its end there are no batches to wait for.
    if (mode === "now" || this.#life === undefined) this.#giveUp();
    if (mode === "after-batch") this.#dropBatches();
    this.#stopping ??= this.#stop(mode);
    return this.#stopping;
  }

  async #stop(mode: StopMode): Promise<void> {
    const { stopTimeoutMs, runtime } = this.#options;
    const { timers } = runtime;
    const timer = timers.after(stopTimeoutMs, () => this.#runOutOfTime());
    const left = mode === "when-drained" && (await this.#drained());
    await unlessAbandoned(this.#generator.stop(), this.#abort.signal, giveUpGraceMs, timers).catch(() => {});
    const { signal } = this.#abort;
    if (left && this.#error === undefined) {
      const planned = unlessAbandoned(this.#generator.planNow(), signal, giveUpGraceMs, timers);
      await planned.catch((error: unknown) => this.#fail(error));
    }
    // A batch that was given up ends by itself within its own grace, unless a disk does not answer.
    await unlessAbandoned(Promise.resolve(this.#loop), signal, closingMs, timers).catch(() => {});
    await leaveBehind(this.#telling, closingMs, timers);
    timer.cancel();
    this.#detachClock();
    // What was being opened is closed again, a session of Spark's among it.
    await leaveBehind(this.#beginning, beginningGraceMs, timers);
    await leaveBehind(this.#release(), closingMs, timers);
    this.#options.ended(this.#error, { gaveUp: this.#hasGivenUp, hasRunAll: this.#hasRunAll });
    this.#hasEnded.resolve();
  }

  /** The time for a graceful end is over. */
  #runOutOfTime(): void {
    if (this.#abort.signal.aborted) return;
    const { stopTimeoutMs, runtime } = this.#options;
    const what = this.#running === undefined ? "what the job waited for" : `batch ${this.#running.time}`;
    this.#hasGivenUp = true;
    const text = `the job did not end within gracefulStopTimeout (${stopTimeoutMs} ms): ${what} was given up, and is not committed`;
    runtime.log.warn("STOP_TIMED_OUT", text, { batchTime: this.#running?.time });
    this.#giveUp();
  }

  /** Where the program names no folder, workers that keep nothing in memory need one for the time of the job. */
  async #openStateFolder(log: BatchLog): Promise<StateFolder | undefined> {
    const { checkpoint, cluster, graph, stateStore, runtime } = this.#options;
    if (checkpoint !== undefined)
      return StateFolder.open(join(checkpoint.directory, "state"), runtime, () => log.check());
    const needsFiles = stateStore === "disk" || !cluster.workersKeepState;
    return isStateful(graph) && needsFiles ? StateFolder.temporary(runtime) : undefined;
  }

  /** State for each key is in files of the checkpoint, on every cluster; without a checkpoint there is none. */
  #answering(log: BatchLog): StateQueries | undefined {
    const folder = this.#stateFolder;
    return (
      folder &&
      new StateQueries({
        operators: queryableOperators(this.#options.graph),
        files: folder.files,
        manifest: () => log.committedManifest,
        hold: (state) => folder.hold(state),
        lookUp: (asked) => this.#options.cluster.lookUp?.(asked) ?? Promise.resolve(undefined),
        explain: (error) => this.#explain(error),
        timers: this.#options.runtime.timers,
      })
    );
  }

  /** Receivers take in what is on its way; whether some of it is left for one batch more. Batches go on: they may be waited for. */
  async #drained(): Promise<boolean> {
    const { sources, runtime } = this.#options;
    const drained = Promise.all(sources.map((source) => source.drain()));
    this.#isDraining = true;
    const { signal } = this.#abort;
    const left = await unlessAbandoned(drained, signal, giveUpGraceMs, runtime.timers).catch((): boolean[] => []);
    this.#isDraining = false;
    return left.includes(true);
  }

  /** Batches that wait, or are still being planned, do not run. */
  #dropBatches(): void {
    this.#takesBatches = false;
    for (const { time: batchTime } of this.#queue.splice(0)) this.#options.bus.emit("onBatchDropped", { batchTime });
  }

  /** Batches that wait are dropped and the one that runs is aborted; nothing of them is committed. */
  #giveUp(): void {
    this.#dropBatches();
    this.#abort.abort(new DStreamError("ILLEGAL_STATE", "the context was stopped"));
  }

  /** A start that was stopped in its middle has more to close later. */
  #release(): Promise<void> {
    this.#releasing = this.#releasing.then(() => this.#close());
    return this.#releasing;
  }

  async #close(): Promise<void> {
    const { sources, cluster } = this.#options;
    const keepOpen = this.#keepsCluster;
    this.#watch.close();
    this.#queries?.close("the job has ended, and answers no questions about its state");
    await Promise.allSettled([...sources.map((source) => source.stop()), cluster.stop({ keepOpen })]);
    // What can't be closed must not hide the job's end, nor keep the rest open: a task that was given up may still write, for one.
    await this.#transactions?.close().catch(() => {});
    await this.#stateFolder?.close().catch(() => {});
    await this.#log?.close().catch(() => {});
  }

  /** Everything that was planned so far has run. */
  async #settled(): Promise<void> {
    await this.#generator.caughtUp(this.#options.clock.now());
    await this.#loop;
    await this.#telling;
    await Promise.all(this.#options.sources.map((source) => source.settled?.()));
    if (!this.#isDraining) await this.#stopping;
  }

  #submit(batch: Batch): void {
    if (!this.#takesBatches) return;
    this.#options.bus.emit("onBatchSubmitted", { batchInfo: batch.info });
    this.#queue.push(batch);
    this.#loop ??= this.#runQueue();
  }

  async #runQueue(): Promise<void> {
    for (let batch = this.#queue.shift(); batch !== undefined; batch = this.#queue.shift()) {
      try {
        await this.#runBatch(batch);
      } catch (error) {
        this.#fail(error);
      }
    }
    this.#loop = undefined;
  }

  async #runBatch(batch: Batch): Promise<void> {
    const { bus, clock, cluster, maxBatches, runtime } = this.#options;
    const { time } = batch;
    const { workersReplaced: replacedBefore = 0 } = cluster;
    let failureReason: string | undefined;
    this.#running = batch;
    const place = (): string => "its input is written to the checkpoint";
    const activity = this.#watch.begin({ who: `batch ${time}`, batchTime: time, isRepeated: true, place });
    batch.started(clock.now(), activity);
    bus.emit("onBatchStarted", { batchInfo: batch.info });
    try {
      await this.#life?.run(batch);
      activity.moved(() => "the input streams are told of the commit of the last batch");
      this.#numCommitted++;
      await this.#telling;
      this.#telling = this.#tell(batch);
    } catch (thrown) {
      const error = await this.#explain(thrown);
      failureReason = shownError(error);
      throw error;
    } finally {
      this.#running = undefined;
      const { state: { manifest } = { manifest: emptyManifest }, checkpointBytes } = this.#log ?? {};
      const workersReplaced = cluster.workersReplaced && cluster.workersReplaced - replacedBefore;
      batch.ended(clock.now(), { manifest, checkpointBytes, workersReplaced }, failureReason);
      const { info } = batch;
      bus.emit("onBatchCompleted", { batchInfo: info });
      tellBatch(runtime.log, info);
    }
    if (maxBatches === undefined || this.#numCommitted < maxBatches) return;
    this.#hasRunAll ||= this.#stopping === undefined;
    void this.stop("after-batch");
  }

  async #tell(batch: Batch): Promise<void> {
    try {
      for (const source of this.#options.sources) {
        const part = batch.sources.get(source.nodeId);
        if (part !== undefined) await source.committed(part);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A driver that was replaced finds files changed or gone: that is why, whatever the error says. */
  async #explain(error: unknown): Promise<DStreamError> {
    const known = DStreamError.from(error);
    return filesChanged.has(known.code) ? DStreamError.from((await this.#log?.explain(known)) ?? known) : known;
  }

  /** The job can't go on: nothing that waits is run, and everything is closed. */
  #fail(error: unknown): void {
    if (this.#abort.signal.aborted) return;
    if (this.#error === undefined) {
      const { bus, clock } = this.#options;
      this.#error = DStreamError.from(error);
      bus.emit("onStreamingFailed", { time: clock.now(), reason: shownError(this.#error) });
    }
    void this.stop("after-batch");
  }
}
