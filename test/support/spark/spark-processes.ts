import { join } from "node:path";
import { SparkSession } from "../../../src/cluster/spark/connect/session/spark-session.ts";
import { waitForLine } from "../log-line.ts";
import { type ProcessGroup, startGroup } from "../process-group.ts";
import type { WorkFolder } from "./work-folder.ts";

const startTimeoutMs = 180_000;
const loopback = "127.0.0.1";
const ready = /Spark Connect server started at: \S*?:(\d+)\s/;

/** Starts the processes of one Spark, all on loopback, and keeps what it started. */
export class SparkProcesses {
  readonly #folder: WorkFolder;
  readonly #env: Readonly<Record<string, string>>;
  readonly #started: ProcessGroup[] = [];

  constructor(folder: WorkFolder, env: Readonly<Record<string, string>> = {}) {
    this.#folder = folder;
    this.#env = env;
  }

  get groups(): readonly number[] {
    return this.#started.map(({ pid }) => pid);
  }

  /** A master, and one worker that has room for two executors. Returns the master's address. */
  async startStandalone(): Promise<string> {
    const deploy = ["--host", loopback, "--port", "0", "--webui-port", "0"];
    const master = await this.#start("spark-class", ["org.apache.spark.deploy.master.Master", ...deploy]);
    const [, address] = await this.#said(/Starting Spark master at (spark:\S+)\s/, master);
    const size = ["--cores", "2", "--memory", "2g", "--work-dir", join(this.#folder.path, "work")];
    const command = ["org.apache.spark.deploy.worker.Worker", ...deploy, ...size, address as string];
    const worker = await this.#start("spark-class", command);
    await this.#said(/Successfully registered with master/, worker);
    return address as string;
  }

  /** The Connect server; it is there when `numExecutors` executors have registered and it has answered. */
  async startServer(
    port: number,
    settings: Readonly<Record<string, string>>,
    numExecutors: number,
  ): Promise<{ url: string; pid: number }> {
    const all: Readonly<Record<string, string>> = {
      "spark.connect.grpc.binding.address": loopback,
      "spark.connect.grpc.binding.port": String(port),
      "spark.driver.host": loopback,
      "spark.driver.bindAddress": loopback,
      "spark.driver.memory": "1g",
      "spark.local.dir": this.#folder.temporary,
      "spark.sql.warehouse.dir": join(this.#folder.path, "warehouse"),
      "spark.ui.enabled": "false",
      ...settings,
    };
    const main = ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer"];
    const conf = Object.entries(all).flatMap(([name, value]) => ["--conf", `${name}=${value}`]);
    const memory = all["spark.driver.memory"];
    const server = await this.#start("spark-submit", [...main, ...conf, "spark-internal"], memory);
    const [, bound] = await this.#said(ready, server);
    await this.#said(new RegExp(`(?:Registered executor [^]*?){${numExecutors}}`), server);
    const url = `sc://${loopback}:${bound}`;
    const token = settings["spark.connect.authenticate.token"];
    const master = token === undefined ? url : `${url}/;token=${token}`;
    const session = await SparkSession.open(master, { connectTimeoutMs: startTimeoutMs });
    await session.close();
    return { url, pid: server.pid };
  }

  /** The Connect server counts as a daemon, too: its heap is not what spark.driver.memory says. */
  async #start(
    program: "spark-class" | "spark-submit",
    args: readonly string[],
    memory = "512m",
  ): Promise<ProcessGroup> {
    const { path: cwd, home, temporary, logFile } = this.#folder;
    const env = {
      ...process.env,
      SPARK_HOME: home,
      SPARK_LOCAL_IP: loopback,
      SPARK_LOCAL_DIRS: temporary,
      SPARK_DAEMON_MEMORY: memory,
      SPARK_MASTER_OPTS: "-Dspark.master.rest.enabled=false",
      // That no Python runs is proven by there being none.
      PYSPARK_PYTHON: "/there/is/no/python",
      // Children find their temporary folder by it, among them the artifacts of sessions.
      JAVA_TOOL_OPTIONS: `${process.env.JAVA_TOOL_OPTIONS ?? ""} -Djava.io.tmpdir=${temporary}`,
      ...this.#env,
    };
    const group = await startGroup(join(home, "bin", program), args, { cwd, env, logFile });
    this.#started.push(group);
    return group;
  }

  #said(pattern: RegExp, { ended }: ProcessGroup): Promise<RegExpExecArray> {
    return waitForLine(this.#folder.logFile, pattern, ended, startTimeoutMs);
  }
}
