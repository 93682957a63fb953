import { isAbsolute } from "node:path";
import { invalidOption } from "../../errors/checks/check-options.ts";
import type { ErrorCode } from "../../errors/codes.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import type { KafkaConnection } from "../../kafka/types.ts";
import { seesEmptyPartitions } from "../../plan/batch/sees-empty-partitions.ts";
import { describeGraph } from "../../plan/graph/describe-graph.ts";
import type { SourceNode } from "../../plan/graph/nodes/source.ts";
import { isStateful, type Plan } from "../../plan/plan.ts";
import type { Activity } from "../../runtime/activity.ts";
import { type HostProcess, workerRunOptions } from "../../runtime/process/this-process.ts";
import type { SourceInput } from "../../sources/source-input.ts";
import type { BroadcastValue } from "../../task/context/broadcast-values.ts";
import type { BatchResult, BatchSpec, Cluster, ClusterJob } from "../cluster.ts";
import { readArrowBytes } from "./arrow/read/read-arrow-bytes.ts";
import { batchQuery } from "./batch-query.ts";
import { ResultCollector } from "./collect-result.ts";
import { kafkaRead } from "./connect/plan/relations.ts";
import { Backoff } from "./connect/retry.ts";
import type { SparkSession } from "./connect/session/spark-session.ts";
import { kafkaReadOptions } from "./kafka-read-options.ts";
import { markInputs } from "./mark-inputs.ts";
import { type ClusterTimeouts, QueryActivity } from "./query-activity.ts";
import { checkSharedFolder } from "./shared-folder.ts";
import { type SessionOptions, SharedSession } from "./shared-session.ts";
import { bundleJob } from "./shipping/bundle/bundle-job.ts";
import type { ShippedBroadcast, ShippedJob } from "./wire/stage-command.ts";

/** After these the server has no session of ours, or there is no telling. */
const lostSession: ReadonlySet<string> = new Set<ErrorCode>([
  "SPARK_SESSION_LOST",
  "SPARK_UNREACHABLE",
  "SPARK_ENDPOINT_INVALID",
  "SPARK_CONTEXT_STOPPED",
]);
/**
 * What may pass while a server is restarted, although it would not at the start of a job: one that is about to end answers with whatever
 * of it fails first, and the proxy before it with pages of its own.
 */
const passing: ReadonlySet<string> = new Set<ErrorCode>(["SPARK_QUERY_FAILED", "SPARK_ENDPOINT_INVALID"]);
/** A worker that had no task for so many batch intervals has none to wait for; no batch comes just then. */
const idleIntervals = 2.5;
const idleMsMin = 10_000;
/** What a server's restart may take. */
const restartMs = 60_000;

/** A job on its way through the cluster. */
interface RunningJob {
  readonly of: ClusterJob;
  readonly shipped: ShippedJob;
  readonly timeouts: ClusterTimeouts;
}

/**
 * A Spark cluster behind a Spark Connect server (decision D9). The driver plans batches as it does everywhere; each runs as one
 * query: Spark reads Kafka, moves rows between the stages and retries tasks, and in its executors our worker runs the stages.
 */
export class SparkCluster implements Cluster {
  /** Any executor may run any task. */
  readonly workersKeepState = false;
  readonly #master: string;
  readonly #options: SessionOptions;
  readonly #process: HostProcess;
  #session: SharedSession | undefined;
  #job: RunningJob | undefined;
  /** What to do again in a new session, since the server no longer has this one, or may not have. */
  #lost: ClusterJob | undefined;
  /** The last batch that failed for want of memory. */
  #memoryExceededIn: number | undefined;

  constructor(master: string, options: SessionOptions, process: HostProcess) {
    this.#master = master;
    this.#options = options;
    this.#process = process;
  }

  get slots(): number {
    return this.#opened().slots;
  }

  /** @throws what `SparkSession.open` does, and what keeps our worker from running there. */
  async open(): Promise<void> {
    this.#session = await SharedSession.acquire(this.#master, this.#options, this.#process);
  }

  /** @throws SPARK_CONNECTOR_MISSING, INVALID_OPTION, STATE_PATH_NOT_SHARED, NOT_SUPPORTED for a risky setting with state, and for what the job imports and can't be shipped. */
  async start(job: ClusterJob): Promise<void> {
    try {
      await this.#ship(job);
    } catch (error) {
      if (!(error instanceof DStreamError) || error.code !== "SPARK_SESSION_LOST") throw error;
      // An earlier job left it open, and its server was restarted since.
      await this.#session?.abandon();
      await this.open();
      await this.#ship(job);
    }
  }

  async #ship(job: ClusterJob): Promise<void> {
    const { plan, batchIntervalMs, jobFile, jobArguments, jobModules, environment, maxResultBytes, state } = job;
    const session = this.#opened();
    const { spark } = session;
    for (const output of plan.graph.outputs) if (output.kind === "files") checkAbsolute(output.sink.prefix);
    if (isStateful(plan.graph)) {
      await refuseRiskySettings(spark);
      // Executors need nothing of the checkpoint of a job without state.
      if (state.directory !== undefined) await checkSharedFolder(session, state.directory);
    }
    const bundle = await bundleJob({ entry: jobFile, modules: jobModules });
    await spark.addArtifacts([{ name: `files/${bundle.name}`, bytes: bundle.bytes }]);
    const sources = plan.graph.nodes.filter((node) => node.kind === "source");
    for (const source of sources) await this.#checkConnector(source);
    this.#job = {
      of: job,
      timeouts: await timeoutsOf(spark),
      shipped: {
        file: bundle.name,
        sourceFile: jobFile,
        workingDirectory: process.cwd(),
        arguments: jobArguments,
        runOptions: workerRunOptions(this.#process.runOptions),
        environment,
        description: describeGraph(plan.graph),
        parallelism: plan.parallelism,
        maxResultBytes,
        idleMs: spark.dialect.replacesEndedWorkers
          ? Math.max(idleMsMin, Math.round(idleIntervals * batchIntervalMs))
          : undefined,
        state,
      },
    };
  }

  async runBatch(batch: BatchSpec, signal: AbortSignal, activity: Activity): Promise<BatchResult> {
    if (this.#lost !== undefined) await this.#startAnew(this.#lost, signal, activity);
    const job = this.#started();
    try {
      return await this.#runAll(job, batch, signal, activity);
    } catch (error) {
      if (error instanceof DStreamError && lostSession.has(error.code)) this.#lost = job.of;
      throw this.#limitMemoryRetries(error, batch);
    }
  }

  /** Another container may have more room, so one more attempt is worth while; Spark makes four of its own in each. */
  #limitMemoryRetries(error: unknown, { time }: BatchSpec): unknown {
    if (!(error instanceof DStreamError) || error.code !== "SPARK_MEMORY_EXCEEDED") return error;
    const isFirst = this.#memoryExceededIn !== time;
    this.#memoryExceededIn = time;
    if (isFirst) return error;
    const { cause, data } = error;
    const text = error.message.replace(`[${error.code}] `, "");
    return new DStreamError(error.code, text, { cause, data, retryable: false });
  }

  async #runAll(job: RunningJob, batch: BatchSpec, signal: AbortSignal, activity: Activity): Promise<BatchResult> {
    const seenEmpty = sourcesSeenEmpty(batch.plan);
    const first = await this.#run(job, batch, seenEmpty, { signal, activity });
    const unread = unreadInputs(seenEmpty, batch, first);
    if (unread.size === 0) return first.result();
    // Ranges without a record for us, of transaction markers or compacted away: Spark does not say which partition an empty
    // task is. Where that makes a difference the batch runs again with these partitions known to be empty.
    const inputs = batch.inputs.map((input, index) => (unread.has(index) ? withoutRecords(input) : input));
    const second = await this.#run(job, { ...batch, inputs }, seenEmpty, { signal, activity });
    return second.result();
  }

  async stop(options: { readonly keepOpen?: boolean } = {}): Promise<void> {
    if (this.#lost !== undefined) await this.#session?.abandon();
    else if (!options.keepOpen) await this.#session?.close();
  }

  /**
   * Ships everything to a new session. A server that was restarted gets a minute for that; one that stays away ends the job,
   * whatever retries are left.
   */
  async #startAnew(job: ClusterJob, signal: AbortSignal, activity: Activity): Promise<void> {
    activity.moved(() => "the job is sent to the cluster again, since its session was lost");
    await this.#session?.abandon();
    const backoff = new Backoff(restartMs);
    for (;;) {
      try {
        await this.open();
        await this.start(job);
        this.#lost = undefined;
        return;
      } catch (thrown) {
        const error = DStreamError.from(thrown);
        if (!error.retryable && !passing.has(error.code)) throw error;
        activity.waits(() => `${error.message}; it is tried again, for ${restartMs / 1_000} s at most`);
        if (await backoff.wait(signal)) continue;
        const text = `${error.message.replace(`[${error.code}] `, "")}; it was tried for ${restartMs / 1_000} s`;
        throw new DStreamError(error.code, text, { cause: error, data: error.data, retryable: false });
      }
    }
  }

  async #run(
    job: RunningJob,
    batch: BatchSpec,
    seenEmpty: ReadonlySet<number>,
    { signal, activity }: { readonly signal: AbortSignal; readonly activity: Activity },
  ): Promise<ResultCollector> {
    const inputs = markInputs(batch.inputs, ({ source }) => seenEmpty.has(source));
    const broadcasts = await this.#shipBroadcasts(batch.broadcasts);
    const collector = new ResultCollector(job.shipped.maxResultBytes);
    const { spark } = this.#opened();
    const query = new QueryActivity(activity, batch.plan, job.timeouts, spark.dialect);
    await spark.execute(batchQuery(batch, inputs, job.shipped, broadcasts, spark.dialect), {
      signal,
      onBatch: (bytes) => {
        query.received();
        for (const rows of readArrowBytes(bytes)) collector.add(rows);
      },
      onProgress: (progress) => query.progress(progress),
      onBroken: (reason) => query.broken(reason),
    });
    return collector;
  }

  /** A file of the session for each version of a value, which executors fetch once. */
  async #shipBroadcasts(values: readonly BroadcastValue[]): Promise<ShippedBroadcast[]> {
    const shipped = values.map(({ id, version, block }) => ({
      id,
      version,
      file: `broadcast-${id}-${version}`,
      block,
    }));
    await this.#opened().spark.addArtifacts(
      shipped.map(({ file, block }) => ({ name: `files/${file}`, bytes: block })),
    );
    return shipped.map(({ id, version, file }) => ({ id, version, file }));
  }

  /** Asks Spark for the columns of its Kafka source, which tells whether there is one. */
  async #checkConnector({ feed }: SourceNode): Promise<void> {
    if (feed.kind !== "kafka") return;
    await this.#opened().spark.schemaOf(kafkaRead(kafkaReadOptions(feed.options as KafkaConnection, [])));
  }

  #opened(): SharedSession {
    if (this.#session === undefined) throw new Error("the cluster was not opened");
    return this.#session;
  }

  #started(): RunningJob {
    if (this.#job === undefined) throw new Error("the cluster was not started");
    return this.#job;
  }
}

/** Executors have other folders than the program has. @throws INVALID_OPTION */
function checkAbsolute(prefix: string): void {
  if (isAbsolute(prefix)) return;
  throw invalidOption("saveAsTextFiles's prefix on Spark", prefix, "an absolute path that driver and executors reach");
}

/** Sources whose partitions are run even where they are empty, by node id. */
function sourcesSeenEmpty(plan: Plan): ReadonlySet<number> {
  const sources = plan.graph.nodes.filter((node) => node.kind === "source");
  return new Set(sources.filter((source) => seesEmptyPartitions(plan, source)).map(({ id }) => id));
}

/** Two attempts at one task at a time, or shuffled data pushed ahead of its task's success, are not for tasks with state. */
const riskySettings = ["spark.speculation", "spark.shuffle.push.enabled"];

/** Settings of the cluster's applications, which a session may read. */
async function timeoutsOf(spark: SparkSession): Promise<ClusterTimeouts> {
  const name = "spark.network.timeout";
  const { [name]: network = "120s" } = await spark.getConfig([name]);
  return { network };
}

/** @throws NOT_SUPPORTED naming the setting. */
async function refuseRiskySettings(spark: SparkSession): Promise<void> {
  for (const [name, value] of Object.entries(await spark.getConfig(riskySettings))) {
    if (value !== "true") continue;
    const text = `${name} is on; a job with state needs it off: set it to false where the cluster is started`;
    throw new DStreamError("NOT_SUPPORTED", text, { data: { option: name } });
  }
}

/**
 * Inputs, by position, that no task reported although their being empty makes a difference.
 *
 * @throws ILLEGAL_STATE when an input was run twice: Spark would have split a partition.
 */
function unreadInputs(seenEmpty: ReadonlySet<number>, batch: BatchSpec, collector: ResultCollector): Set<number> {
  const read = collector.reports.filter(({ facts }) => facts.stage === 0).map(({ facts }) => facts.index);
  if (new Set(read).size < read.length) {
    throw new DStreamError(
      "ILLEGAL_STATE",
      "Spark split a Kafka partition over several tasks; unset spark.sql settings that do",
    );
  }
  const wanted = [...batch.inputs.keys()].filter((index) => seenEmpty.has((batch.inputs[index] as SourceInput).source));
  const known = new Set(read);
  return new Set(wanted.filter((index) => !known.has(index)));
}

function withoutRecords(input: SourceInput): SourceInput {
  if (input.kind !== "kafka") return input;
  return { ...input, range: { ...input.range, untilOffset: input.range.fromOffset } };
}
