import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../../src/runtime/files/cache-folder.ts";
import { disownGroups, endGroups, membersOf } from "../process-group.ts";
import { onEnd } from "../processes.ts";
import { isIsolated } from "./isolated.ts";
import { sparkInstallation } from "./spark-installation.ts";
import { executorCount, modeSettings, type SparkMode } from "./spark-mode.ts";
import { SparkProcesses } from "./spark-processes.ts";
import { sparkReleaseOf, testedSpark } from "./spark-releases.ts";
import { makeWorkFolder } from "./work-folder.ts";

const isExecutor = /\borg\.apache\.spark\.executor\.CoarseGrainedExecutorBackend\b/;

export interface SparkOptions {
  readonly mode: SparkMode;
  /** Port of the Connect server; default 0, a free one. */
  readonly port?: number;
  /** More settings, which win over ours. */
  readonly conf?: Readonly<Record<string, string>>;
  /** More of its processes' environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default true; false is a server without Kafka connector. */
  readonly kafkaConnector?: boolean;
  /** One of `sparkReleases`; default: the one that this process tests on. */
  readonly version?: string;
}

/** A real Spark Connect server on loopback, with the master, worker and executors that its mode has. */
export interface SparkServer {
  /** The master to give to a job: `sc://127.0.0.1:PORT`. */
  readonly url: string;
  /** The server's own process. */
  readonly pid: number;
  /** The process groups of all that was started. */
  readonly groups: readonly number[];
  /** Its logs, the executors' too, are below this folder until it stops. */
  readonly folder: string;
  readonly logFile: string;
  /** The executors that run now, by process; none in mode `local`. */
  executors(): Promise<number[]>;
  /** Lets it go on when this process ends. */
  detach(): void;
  /** Ends everything that was started, at once or within 10 seconds, and removes its files. */
  stop(): Promise<void>;
}

/** @throws when the server would listen on more than a loopback device. */
function refuseToListenEverywhere(version: string): void {
  if (sparkReleaseOf(version).listensEverywhere !== true || isIsolated()) return;
  throw new Error(
    `Spark ${version} listens on all addresses: run it by npm run test:spark or spark:up -- --spark ${version}`,
  );
}

/** Installs Spark if need be and starts it. No Python can run there: its own PYSPARK_PYTHON names nothing. */
export async function startSpark(options: SparkOptions): Promise<SparkServer> {
  const { mode, port = 0, conf = {}, env = {}, kafkaConnector = true, version = testedSpark() } = options;
  refuseToListenEverywhere(version);
  const { home, connectorJars, connectJars } = await sparkInstallation(version);
  const folder = makeWorkFolder(join(cacheFolder(), "spark-runs", randomUUID()), home);
  const processes = new SparkProcesses(folder, env);
  try {
    const master = mode === "standalone" ? { "spark.master": await processes.startStandalone() } : {};
    const jars = [...connectJars, ...(kafkaConnector ? connectorJars : [])];
    const jarSettings = jars.length === 0 ? {} : { "spark.jars": jars.join(",") };
    const settings = { ...modeSettings[mode], ...master, ...jarSettings, ...conf };
    const server = await processes.startServer(port, settings, executorCount[mode]);
    const { groups } = processes;
    const remove = (): void => rmSync(folder.path, { recursive: true, force: true, maxRetries: 3 });
    const forget = onEnd(remove);
    return {
      ...server,
      groups,
      folder: folder.path,
      logFile: folder.logFile,
      executors: async () =>
        (await membersOf(groups)).filter(({ command }) => isExecutor.test(command)).map(({ pid }) => pid),
      detach: () => {
        disownGroups(groups);
        forget();
      },
      stop: async () => {
        await endGroups(groups);
        remove();
        forget();
      },
    };
  } catch (error) {
    await endGroups(processes.groups);
    throw error;
  }
}
