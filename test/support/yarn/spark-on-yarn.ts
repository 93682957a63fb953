import { join } from "node:path";
import { outputOf } from "../processes.ts";
import { sparkInstallation } from "../spark/spark-installation.ts";
import { type SparkServer, startSpark } from "../spark/start-spark.ts";
import type { Yarn } from "./start-yarn.ts";

export interface SparkOnYarn extends SparkServer {
  /** The process of the application's master. */
  applicationMaster(): Promise<number>;
}

export interface SparkOnYarnOptions {
  readonly port?: number;
  readonly conf?: Readonly<Record<string, string>>;
}

/** A Connect server that is a YARN application with two executors of one core. */
export async function startSparkOnYarn(yarn: Yarn, { port, conf }: SparkOnYarnOptions = {}): Promise<SparkOnYarn> {
  const { home } = await sparkInstallation();
  const settings = {
    "spark.master": "yarn",
    "spark.executor.instances": "2",
    "spark.executor.cores": "1",
    "spark.executor.memory": "512m",
    "spark.yarn.am.memory": "512m",
    // Hosts that have Spark need not be sent it.
    "spark.yarn.jars": `local:${home}/jars/*`,
    "spark.yarn.stagingDir": `file://${join(yarn.folder, "staging")}`,
    ...conf,
  };
  const server = await startSpark({
    mode: "local-cluster",
    ...(port !== undefined && { port }),
    conf: settings,
    env: { HADOOP_CONF_DIR: yarn.confFolder },
  });
  return {
    ...server,
    executors: () => javaProcesses("org.apache.spark.executor.YarnCoarseGrainedExecutorBackend"),
    applicationMaster: async () => {
      const [pid] = await javaProcesses("org.apache.spark.deploy.yarn.ExecutorLauncher");
      if (pid === undefined) throw new Error("no application master runs");
      return pid;
    },
  };
}

/** All of a namespace of its own are ours. */
async function javaProcesses(main: string): Promise<number[]> {
  const lines = (await outputOf("ps", ["-eww", "-o", "pid=,stat=,args="])).split("\n");
  return lines.flatMap((line) => {
    const [, pid, state, command] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    const isIt = command !== undefined && /^\S*\bjava /.test(command) && command.includes(` ${main} `);
    return isIt && !state?.startsWith("Z") ? [Number(pid)] : [];
  });
}
