import { chmodSync, chownSync, mkdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { SparkSession } from "../../../src/cluster/spark/connect/session/spark-session.ts";
import { waitForLine } from "../log-line.ts";
import { endGroups, type ProcessGroup, startGroup } from "../process-group.ts";
import { onEnd, outputOf } from "../processes.ts";
import { sparkInstallation } from "../spark/spark-installation.ts";
import { Host, hostUser, ip, mounts } from "./host.ts";
import { makeRunFolder } from "./run-folder.ts";

const bridge = "hosts";
/** Where driver, master, Connect server and Kafka are, for the hosts, too. */
export const driverAddress = "10.99.0.1";
const masterPort = 7_077;
const masterUrl = `spark://${driverAddress}:${masterPort}`;
const startTimeoutMs = 240_000;
const pollMs = 100;
const ready = /Spark Connect server started at: \S*?:(\d+)\s/;

/** Settings by which a lost host is noticed within seconds instead of minutes. */
export const shortTimeouts: Readonly<Record<string, string>> = {
  "spark.executor.heartbeatInterval": "2s",
  "spark.network.timeout": "20s",
  "spark.network.timeoutInterval": "2s",
  "spark.shuffle.io.connectionTimeout": "5s",
  "spark.shuffle.io.maxRetries": "2",
  "spark.shuffle.io.retryWait": "1s",
};

export interface HostsOptions {
  /** Settings of the Connect server's application, which win over ours. */
  readonly conf?: Readonly<Record<string, string>>;
  /** `spark.worker.timeout` in seconds, of the master, and of the workers, which say four times in it that they live. */
  readonly workerTimeout?: number;
}

/** A standalone Spark over two hosts; master, Connect server and this process are on a third, in this namespace. */
export class SparkOnHosts {
  readonly url = `sc://${driverAddress}:15002`;
  readonly hosts: readonly Host[];
  readonly #folder: string;
  readonly #connectorJars: readonly string[];
  readonly #workerTimeout: number;
  readonly #groups: ProcessGroup[] = [];
  #server: ProcessGroup | undefined;

  private constructor(folder: string, hosts: readonly Host[], connectorJars: readonly string[], workerTimeout: number) {
    this.#folder = folder;
    this.hosts = hosts;
    this.#connectorJars = connectorJars;
    this.#workerTimeout = workerTimeout;
  }

  /** @throws when it is not run by `npm run test:spark:hosts`, or something does not start. */
  static async start({ conf = {}, workerTimeout = 20 }: HostsOptions = {}): Promise<SparkOnHosts> {
    const { home, connectorJars } = await sparkInstallation();
    const folder = makeRunFolder();
    onEnd(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
    await makeMounts(home);
    await ip("link", "add", "name", bridge, "type", "bridge");
    await ip("addr", "add", `${driverAddress}/24`, "dev", bridge);
    await ip("link", "set", bridge, "up");
    const hosts: Host[] = [];
    for (const [i, name] of ["node1", "node2"].entries()) {
      const own = join(folder, name);
      mkdirSync(own);
      chownSync(own, hostUser.uid, hostUser.gid);
      hosts.push(await Host.make(bridge, { name, address: `10.99.0.${i + 2}`, folder: own, localMb: 512 }));
    }
    const spark = new SparkOnHosts(folder, hosts, connectorJars, workerTimeout);
    try {
      await spark.#startMaster();
      await Promise.all(hosts.map((host) => spark.startWorker(host)));
      await spark.startServer(conf);
    } catch (error) {
      await spark.stop();
      throw error;
    }
    return spark;
  }

  get serverLog(): string {
    return join(this.#folder, "server.log");
  }

  /** The host of this name. */
  host(name: string): Host {
    const found = this.hosts.find((host) => host.name === name);
    if (found === undefined) throw new RangeError(`there is no host ${name}`);
    return found;
  }

  /** Spark's worker on a host, which has room for one executor; it is there when the master knows it. */
  async startWorker(host: Host): Promise<void> {
    const { address } = host;
    const deploy = ["--host", address, "--port", "7078", "--webui-port", "8081"];
    const size = ["--cores", "1", "--memory", "640m", "--work-dir", join(mounts.work, "apps")];
    const worker = [join(mounts.spark, "bin/spark-class"), "org.apache.spark.deploy.worker.Worker", ...deploy, ...size];
    const before = countOf(join(this.#folder, "master.log"), registered(address));
    const group = await host.start([...worker, masterUrl], {
      ...environment(address),
      SPARK_LOCAL_DIRS: mounts.local,
      HOME: mounts.work,
      SPARK_WORKER_OPTS: `-Dspark.decommission.enabled=true -Dspark.worker.timeout=${this.#workerTimeout}`,
    });
    await this.#said("master.log", repeated(registered(address), before + 1), group.ended);
  }

  /** The Connect server, in place of the one that runs; it is there when an executor of each host has registered. */
  async startServer(conf: Readonly<Record<string, string>>, { executors = this.hosts.length } = {}): Promise<void> {
    if (this.#server !== undefined) await endGroups([this.#server.pid]);
    rmSync(this.serverLog, { force: true });
    const settings: Readonly<Record<string, string>> = {
      "spark.master": masterUrl,
      "spark.connect.grpc.binding.address": driverAddress,
      "spark.connect.grpc.binding.port": "15002",
      "spark.driver.host": driverAddress,
      "spark.driver.bindAddress": driverAddress,
      "spark.local.dir": join(this.#folder, "tmp"),
      "spark.sql.warehouse.dir": join(this.#folder, "warehouse"),
      "spark.ui.enabled": "false",
      "spark.executor.cores": "1",
      "spark.executor.memory": "512m",
      "spark.cores.max": "2",
      "spark.jars": this.#connectorJars.join(","),
      ...conf,
    };
    const main = ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer"];
    const flags = Object.entries(settings).flatMap(([name, value]) => ["--conf", `${name}=${value}`]);
    this.#server = await this.#start("server.log", "spark-submit", [...main, ...flags, "spark-internal"], {
      // The server counts as a daemon: spark.driver.memory does not reach it.
      SPARK_DAEMON_MEMORY: "768m",
    });
    await this.#said("server.log", ready, this.#server.ended);
    await this.executorsRegistered(executors);
    const session = await SparkSession.open(this.url, { connectTimeoutMs: startTimeoutMs });
    await session.close();
  }

  /** Resolves when so many executors have registered since the server started. */
  async executorsRegistered(count: number): Promise<void> {
    await this.#said("server.log", repeated("Registered executor ", count), this.#server?.ended);
  }

  /** Resolves when Spark has an executor on every host. */
  async everyHostHasExecutor(): Promise<void> {
    const deadline = performance.now() + startTimeoutMs;
    while (!this.hosts.every((host) => this.#hasExecutor(host))) {
      if (performance.now() > deadline) throw new Error("a host got no executor");
      await delay(pollMs);
    }
  }

  /** As the server's log tells it: those that have registered from there and were not lost or removed. */
  #hasExecutor({ address }: Host): boolean {
    const log = readFileSync(this.serverLog, "utf8");
    const ids = (pattern: RegExp): (string | undefined)[] => [...log.matchAll(pattern)].map(([, id]) => id);
    const place = address.replaceAll(".", "\\.");
    const gone = new Set([
      ...ids(/Lost executor (\d+) on /g),
      ...ids(/Executor app-\S+\/(\d+) removed: /g),
      ...ids(/Asked to remove executor (\d+) /g),
    ]);
    const there = ids(new RegExp(`Registered executor \\S+ \\(${place}:\\d+\\) with ID (\\d+),`, "g"));
    return there.some((id) => !gone.has(id));
  }

  /** The first match in the server's log; waits for it. */
  serverSaid(pattern: RegExp, timeoutMs = startTimeoutMs): Promise<RegExpExecArray> {
    return waitForLine(this.serverLog, pattern, this.#server?.ended ?? Promise.resolve(), timeoutMs);
  }

  async stop(): Promise<void> {
    const groups = this.#server === undefined ? this.#groups : [this.#server, ...this.#groups];
    await Promise.all(this.hosts.map((host) => host.kill()));
    await endGroups(groups.map(({ pid }) => pid));
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 3 });
  }

  async #startMaster(): Promise<void> {
    const deploy = ["--host", driverAddress, "--port", String(masterPort), "--webui-port", "8080"];
    const options = `-Dspark.master.rest.enabled=false -Dspark.worker.timeout=${this.#workerTimeout}`;
    const master = ["org.apache.spark.deploy.master.Master", ...deploy];
    const group = await this.#start("master.log", "spark-class", master, { SPARK_MASTER_OPTS: options });
    this.#groups.push(group);
    await this.#said("master.log", /Starting Spark master at/, group.ended);
  }

  async #start(
    log: string,
    program: "spark-class" | "spark-submit",
    args: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<ProcessGroup> {
    const temporary = join(this.#folder, "tmp");
    mkdirSync(temporary, { recursive: true });
    return startGroup(join(mounts.spark, "bin", program), args, {
      cwd: this.#folder,
      env: {
        ...process.env,
        ...environment(driverAddress),
        JAVA_TOOL_OPTIONS: `-Djava.io.tmpdir=${temporary}`,
        ...env,
      },
      logFile: join(this.#folder, log),
    });
  }

  #said(log: string, pattern: RegExp, ended: Promise<void> = Promise.resolve()): Promise<RegExpExecArray> {
    return waitForLine(join(this.#folder, log), pattern, ended, startTimeoutMs);
  }
}

const environment = (address: string): Readonly<Record<string, string>> => ({
  SPARK_HOME: mounts.spark,
  JAVA_HOME: mounts.java,
  SPARK_LOCAL_IP: address,
  SPARK_DAEMON_MEMORY: "256m",
  // That no Python runs is proven by there being none.
  PYSPARK_PYTHON: "/there/is/no/python",
});

const registered = (address: string): string => `Registering worker ${address}:`;
const repeated = (text: string, count: number): RegExp =>
  new RegExp(`(?:${text.replaceAll(/[.]/g, "\\.")}[^]*?){${count}}`);

function countOf(file: string, text: string): number {
  try {
    return readFileSync(file, "utf8").split(text).length - 1;
  } catch {
    return 0;
  }
}

/** What driver and hosts have in common, at the same path: Spark, Java, and a folder that the hosts' group may write to. */
async function makeMounts(sparkHome: string): Promise<void> {
  await outputOf("mount", ["-t", "tmpfs", "-o", "mode=755", "tmpfs", "/mnt"]);
  for (const folder of Object.values(mounts)) mkdirSync(folder);
  const java = dirname(dirname(realpathSync((await outputOf("sh", ["-c", "command -v java"])).trim())));
  for (const [from, to] of [
    [sparkHome, mounts.spark],
    [java, mounts.java],
  ] as const)
    await outputOf("mount", ["--bind", "-o", "ro", from, to]);
  chownSync(mounts.shared, 0, hostUser.gid);
  chmodSync(mounts.shared, 0o2775);
}
