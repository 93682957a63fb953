import { checkInteger } from "../errors/checks/check-number.ts";
import { checkFlag, checkFunction, checkOptionNames, checkText } from "../errors/checks/check-options.ts";
import { DStreamError } from "../errors/dstream-error.ts";
import { shownError } from "../errors/shown/shown-error.ts";
import { systemReason } from "../errors/shown/system-reason.ts";
import { notify } from "../errors/user-code/notify.ts";
import { kafkaErrorName } from "../kafka/protocol/kafka-error-codes.ts";
import { type JobRuntime, runtimeKey } from "../runtime/job-runtime.ts";
import type { FolderLock } from "../runtime/lock/folder-lock.ts";
import { thisMachine } from "../runtime/machine/machine.ts";
import type { Timer } from "../runtime/machine/timers.ts";
import type { Connection, Listener, Network } from "../runtime/net/network.ts";
import { thisProcess } from "../runtime/process/this-process.ts";
import { AnswerBudget } from "./answer-budget.ts";
import { apiTable } from "./api-table.ts";
import { type BrokerFiles, openFiles } from "./broker-files.ts";
import type { BrokerState } from "./broker-state.ts";
import { ClientSession } from "./client-session.ts";
import { oneNode } from "./cluster-view.ts";
import { Compactor } from "./compaction/compactor.ts";
import { lockDir } from "./dir-lock.ts";

export interface EmbeddedBrokerOptions {
  /** Default 0: a free one. */
  readonly port?: number;
  /** Default "127.0.0.1". There is no authentication: other machines should not reach it. */
  readonly host?: string;
  /** Where logs are kept and found again. Default: in memory only. */
  readonly dir?: string;
  /** Memory of the logs without `dir`, indexes included; the oldest segments go first. Default 256 MiB. Answers may take 64 MiB more. */
  readonly maxBytes?: number;
  /** Create topics that clients ask about. Default false. */
  readonly autoCreateTopics?: boolean;
  /** Partitions of a topic that names no number. Default 1. */
  readonly defaultPartitions?: number;
  /** Told what an operator should know. Not waited for; what it throws or rejects with is a warning (DStreamBroker). Default: nobody. */
  readonly log?: (line: string) => void;
  /** @internal */
  readonly [runtimeKey]?: Partial<JobRuntime>;
}

const optionNames = ["port", "host", "dir", "maxBytes", "autoCreateTopics", "defaultPartitions", "log"];
const defaultMaxBytes = 256 * 1024 * 1024;
/** What answers may hold besides the log. */
const answerBytes = 64 * 1024 * 1024;
/** Kafka's log.retention.check.interval.ms: old records are not gone at once. */
const cleanupIntervalMs = 5 * 60_000;

/**
 * A Kafka-protocol broker in this process, for development and tests: one node, classic groups and transactions, no security. It
 * acknowledges what is written to its log; with `dir` that survives the death of the process, not of the machine.
 */
export class EmbeddedBroker {
  /** "127.0.0.1:19092" */
  readonly bootstrapServers: string;
  readonly #listener: Listener;
  readonly #state: BrokerState;
  readonly #files: BrokerFiles;
  readonly #lock: FolderLock | undefined;
  readonly #sessions = new Set<ClientSession>();
  readonly #cleanup: Timer;
  readonly #compactor: Compactor;
  #stopped: Promise<void> | undefined;

  private constructor(listener: Listener, state: BrokerState, files: BrokerFiles, lock: FolderLock | undefined) {
    this.#listener = listener;
    this.#state = state;
    this.#files = files;
    this.#lock = lock;
    this.bootstrapServers = `${state.host}:${state.port}`;
    this.#compactor = new Compactor(state.topics, state.log, state.machine);
    this.#cleanup = state.machine.timers.every(cleanupIntervalMs, () => cleanUp(state)).unref();
  }

  /** @throws PORT_IN_USE, UNKNOWN_OPTION, INVALID_OPTION (also for a folder that another broker has), BROKER_FILES_CORRUPT */
  static async start(options: EmbeddedBrokerOptions = {}): Promise<EmbeddedBroker> {
    checkOptionNames("EmbeddedBroker", options, optionNames);
    const { port = 0, host = "127.0.0.1", dir, maxBytes = defaultMaxBytes } = options;
    const { defaultPartitions = 1, autoCreateTopics = false, log: told = () => {} } = options;
    checkInteger("port", port, 0, 65_535);
    checkText("host", host, "a host's name");
    if (dir !== undefined) checkText("dir", dir, "the path of a folder");
    checkFlag("autoCreateTopics", autoCreateTopics);
    checkFunction("log", told);
    // It may serve several jobs, or none.
    const warn = (text: string): void => process.emitWarning(text, { type: "DStreamBroker" });
    const log = (line: string): void => notify("log of an EmbeddedBroker", warn, () => told(line));
    checkInteger("maxBytes", maxBytes, 1);
    checkInteger("defaultPartitions", defaultPartitions, 1, 10_000);
    const machine = { ...thisMachine, process: thisProcess, ...options[runtimeKey] };
    // Who connects before the files are open is answered after that, and not read from before.
    const early = new Set<Connection>();
    let serve = (connection: Connection): void =>
      void early.add(connection.on("error", () => early.delete(connection)).pause());
    const listener = await listen(machine.network, host, port, (connection) => serve(connection));
    let lock: FolderLock | undefined;
    try {
      lock = dir === undefined ? undefined : await lockDir(dir, machine);
      const files = openFiles(dir, maxBytes, defaultPartitions, machine);
      const { topics, groups, transactions } = files;
      const answers = new AnswerBudget(answerBytes);
      const cluster = oneNode("dstream-embedded-broker", host, listener.port);
      const state = {
        ...{ machine, host, port: listener.port, cluster, apis: apiTable },
        ...{ topics, groups, transactions, answers, autoCreateTopics, log },
      };
      log(`the embedded broker listens on ${host}:${listener.port}; it is for development: one node, no security`);
      const broker = new EmbeddedBroker(listener, state, files, lock);
      serve = (connection) => broker.#serve(connection);
      for (const connection of early) {
        if (connection.destroyed) continue;
        serve(connection);
        connection.resume();
      }
      return broker;
    } catch (error) {
      await lock?.release();
      void listener.close();
      for (const connection of early) connection.destroy();
      if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
      const text = `dir ${dir} cannot be used: ${systemReason(error)}`;
      throw new DStreamError("INVALID_OPTION", text, { cause: error, data: { option: "dir" } });
    }
  }

  /** @throws INVALID_OPTION when the topic exists, or its name, number of partitions or configuration is not valid; UNKNOWN_OPTION. */
  async createTopic(
    name: string,
    options: { partitions?: number; config?: Readonly<Record<string, string>> } = {},
  ): Promise<void> {
    checkText("createTopic's name", name);
    checkOptionNames("createTopic", options, ["partitions", "config"]);
    const { topics } = this.#state;
    const { partitions = topics.defaultPartitions, config = {} } = options;
    checkInteger("createTopic's partitions", partitions, 1);
    const { errorCode, message } = topics.create({ name, partitions, config });
    if (errorCode === 0) return;
    const reason = `${kafkaErrorName(errorCode)}: ${message}`;
    throw new DStreamError("INVALID_OPTION", `topic "${name}" cannot be created: ${reason}`);
  }

  /** Ends all connections, then writes its files out. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  #serve(connection: Connection): void {
    const session = new ClientSession(connection, this.#state);
    this.#sessions.add(session);
    connection.on("close", () => this.#sessions.delete(session));
  }

  async #stop(): Promise<void> {
    this.#cleanup.cancel();
    const closed = this.#listener.close();
    for (const session of this.#sessions) session.end();
    await closed;
    await this.#compactor.stop();
    try {
      this.#files.close();
    } finally {
      await this.#lock?.release();
    }
  }
}

/** A disk that fails must not end the process that the broker is in. */
function cleanUp({ machine, topics, groups, transactions, log }: BrokerState): void {
  const nowMs = machine.clock.now();
  try {
    topics.applyRetention(nowMs);
    topics.forgetProducers(nowMs);
    groups.collectGarbage(nowMs, (group, { topic, partition }) =>
      transactions.hasPendingOffset(group, topic, partition),
    );
    transactions.collectGarbage(nowMs);
  } catch (error) {
    log(`old segments cannot be deleted: ${shownError(error)}`);
  }
}

async function listen(
  network: Network,
  host: string,
  port: number,
  connected: (connection: Connection) => void,
): Promise<Listener> {
  try {
    return await network.listen(host, port, connected);
  } catch (error) {
    const { code, cause } = error as NodeJS.ErrnoException;
    if (code !== "PORT_IN_USE") {
      throw new DStreamError("INVALID_OPTION", `${host}:${port} cannot be listened on (${code})`, { cause: error });
    }
    const text = `port ${port} of ${host} is in use; choose another, or 0 for a free one`;
    throw new DStreamError("PORT_IN_USE", text, { cause, data: { host, port } });
  }
}
