import { createHash } from "node:crypto";
import { DStreamError } from "../../errors/dstream-error.ts";
import { ObjectNumbers } from "../../runtime/object-numbers.ts";
import { type HostProcess, thisProcess } from "../../runtime/process/this-process.ts";
import { readArrowBytes } from "./arrow/read/read-arrow-bytes.ts";
import { BatchBuilder } from "./arrow/write/batch-builder.ts";
import type { SparkConnectionOptions } from "./connect/connection-options.ts";
import { localRelation, mapInArrow } from "./connect/plan/relations.ts";
import { SparkSession } from "./connect/session/spark-session.ts";
import { makeWorkerArtifacts } from "./shipping/worker-artifacts.ts";
import { knownVersions } from "./versions/find-dialect.ts";
import { encodeCommand, type ProbeCommand, type ProbeReport, type WorkerCommand } from "./wire/stage-command.ts";

/** Settings of a session besides the master. */
export interface SessionOptions {
  /** Spark's own settings for the session: names that begin with "spark.". */
  readonly settings: Readonly<Record<string, string>>;
  /** An official Node archive for another platform than the driver's. */
  readonly nodeArchive: string | undefined;
  /** How the server is reached, beside what the master says. */
  readonly connection: SparkConnectionOptions;
}

const defaultSettings = {
  // Rows that Spark sends to a worker at once. By default it measures the batch after every row, which costs more than all the rest
  // where rows have several columns; so batches are bounded by few rows instead: 1 GiB of Kafka's largest records.
  "spark.sql.execution.arrow.maxRecordsPerBatch": "1000",
  "spark.sql.execution.arrow.maxBytesPerBatch": "2147483647",
  // All that Spark reads by its older interface but Kafka, whose records that would turn into rows of objects and back.
  "spark.sql.sources.useV1SourceList": "avro,csv,json,orc,parquet,text",
};

/** What every session of ours needs of Spark. */
const ownSettings = {
  // Stages have as many tasks as the plan says.
  "spark.sql.adaptive.enabled": "false",
  "spark.sql.execution.arrow.useLargeVarTypes": "false",
  "spark.sql.execution.arrow.compression.codec": "none",
  // Lets the worker's daemon say why a worker ended. Spark 3.5 has that as a setting of the server only.
  "spark.sql.execution.pyspark.udf.faulthandler.enabled": "true",
};

/** The cluster may be busy with others' work. */
const endWorkersMs = 2_000;
/** More than any cluster has slots: Spark makes one task for each slot of a probe. */
const probeRows = 4_096;

/** The sessions that a process has open, by what they were opened with. */
interface OpenSessions {
  readonly byId: Map<string, Promise<SharedSession>>;
  /** Of functions that are among what they were opened with. */
  readonly numbers: ObjectNumbers;
}

const openSessions = (process: HostProcess): OpenSessions =>
  process.shared("Spark's sessions", () => ({ byId: new Map(), numbers: new ObjectNumbers() }));

/**
 * A session on a Spark Connect server with our worker in it. It outlives a job where the program wants it to (stopCluster:
 * false), as a SparkContext does, so that the next job need not ship the worker again.
 */
export class SharedSession {
  readonly spark: SparkSession;
  /** Tasks that the cluster runs at once. */
  readonly slots: number;
  /** It is no longer one that others may find. */
  readonly #forget: () => void;

  private constructor(spark: SparkSession, slots: number, forget: () => void) {
    this.#forget = forget;
    this.spark = spark;
    this.slots = slots;
  }

  /** The session that is open with these settings, or a new one. */
  static acquire(master: string, options: SessionOptions, process: HostProcess): Promise<SharedSession> {
    const { byId, numbers } = openSessions(process);
    const id = idOf(master, options, numbers);
    let session = byId.get(id);
    if (session === undefined) {
      session = SharedSession.#open(master, options, () => byId.delete(id));
      byId.set(id, session);
      session.catch(() => byId.delete(id));
    }
    return session;
  }

  /** Ends the sessions of this process that no job uses any more but that were left open for the next. */
  static async closeAll(): Promise<void> {
    const open = await Promise.allSettled(openSessions(thisProcess).byId.values());
    await Promise.all(open.map((session) => (session.status === "fulfilled" ? session.value.close() : undefined)));
  }

  static async #open(
    master: string,
    { settings, nodeArchive, connection }: SessionOptions,
    forget: () => void,
  ): Promise<SharedSession> {
    const spark = await SparkSession.open(master, { connection });
    try {
      const { artifacts, executable } = await makeWorkerArtifacts({ nodeArchive });
      await spark.addArtifacts(artifacts);
      await spark.setConfig({
        ...defaultSettings,
        ...settings,
        ...ownSettings,
        "spark.sql.execution.pyspark.python": executable,
      });
      const reports = await firstProbe(spark);
      return new SharedSession(spark, reports.length, forget);
    } catch (error) {
      await spark.close();
      throw error;
    }
  }

  probe(command: ProbeCommand, signal?: AbortSignal): Promise<ProbeReport[]> {
    return probe(this.spark, command, signal);
  }

  /** Ends the session's workers and the session on the server. Whoever wants it again opens a new one. */
  async close(): Promise<void> {
    this.#forget();
    // Nothing is lost where it does not come to that: workers without tasks end by themselves, after a while.
    await run(this.spark, { kind: "end" }, AbortSignal.timeout(endWorkersMs)).catch(() => {});
    await this.spark.close();
  }

  /** Of a session that the server has lost: there are no workers to be asked. */
  async abandon(): Promise<void> {
    this.#forget();
    await this.spark.close();
  }
}

/** Sessions with the same one are the same, which includes the functions that give what they show. */
function idOf(master: string, options: SessionOptions, numbers: ObjectNumbers): string {
  const numbered = (_: string, value: unknown): unknown =>
    typeof value === "function" ? { function: numbers.of(value) } : value;
  return createHash("sha256")
    .update(JSON.stringify([master, options], numbered))
    .digest("hex");
}

/** What decides about a version that is not known. @throws SPARK_VERSION_UNSUPPORTED when it does not answer as the newest known does. */
async function firstProbe(spark: SparkSession): Promise<ProbeReport[]> {
  const command: ProbeCommand = { kind: "probe", sharedFolder: undefined };
  if (spark.isKnownVersion) return probe(spark, command);
  return probe(spark, command).catch((cause: unknown) => {
    const { sparkVersion, address, dialect } = spark;
    const text = `the server at ${address} runs Spark ${sparkVersion}, which does not run functions as Spark ${dialect.version} does, the latest that is known`;
    const data = { version: sparkVersion, supported: knownVersions };
    throw new DStreamError("SPARK_VERSION_UNSUPPORTED", text, { cause, data });
  });
}

/** What each slot's worker answers to a probe. */
async function probe(spark: SparkSession, command: ProbeCommand, signal?: AbortSignal): Promise<ProbeReport[]> {
  return (await run(spark, command, signal)).map((report) => JSON.parse(report) as ProbeReport);
}

/** Runs our worker once in every slot. */
async function run(spark: SparkSession, command: WorkerCommand, signal?: AbortSignal): Promise<string[]> {
  const builder = new BatchBuilder([{ name: "mark", type: "int32" }], "flat");
  for (let i = 0; i < probeRows; i++) builder.append(i);
  const query = mapInArrow(localRelation(builder.takeStream()), {
    command: encodeCommand(command),
    inputColumns: ["mark"],
    outputFields: [{ name: "report", type: "string" }],
    dialect: spark.dialect,
    name: `dstream ${command.kind}`,
  });
  const reports: string[] = [];
  await spark.execute(query, {
    ...(signal && { signal }),
    onBatch: (bytes) => {
      for (const batch of readArrowBytes(bytes)) {
        for (let i = 0; i < batch.numRows; i++) reports.push(batch.column("report").text(i));
      }
    },
  });
  return reports;
}
