import { createServer, type Server } from "node:net";
import { checkOptionNames, invalidOption } from "../errors/check-options.ts";
import { DStreamError } from "../errors/dstream-error.ts";
import { kafkaErrorName } from "../kafka/protocol/kafka-error-codes.ts";
import type { BrokerState } from "./broker-state.ts";
import { ClientSession } from "./client-session.ts";
import { GroupStore } from "./groups/group-store.ts";
import { MetaLog, type MetaRecord } from "./meta-log.ts";
import { TopicStore } from "./topic-store.ts";
import { TransactionCoordinator } from "./transaction-coordinator.ts";

export interface EmbeddedBrokerOptions {
  /** Default 0: a free one. */
  readonly port?: number;
  /** Default "127.0.0.1". There is no authentication: other machines should not reach it. */
  readonly host?: string;
  /** Where logs are kept and found again. Default: in memory only. */
  readonly dir?: string;
  /** Bytes of the log in memory; the oldest batches go first. Default 256 MiB. */
  readonly maxBytes?: number;
  /** Create topics that clients ask about. Default false. */
  readonly autoCreateTopics?: boolean;
  /** Partitions of a topic that names no number. Default 1. */
  readonly defaultPartitions?: number;
  /** Told what an operator should know. Default: nobody. */
  readonly log?: (line: string) => void;
}

const optionNames = ["port", "host", "dir", "maxBytes", "autoCreateTopics", "defaultPartitions", "log"];
const defaultMaxBytes = 256 * 1024 * 1024;

/**
 * A Kafka-protocol broker in this process, for development and tests: one node, classic groups and transactions, no security. It
 * acknowledges what is written to its log; with `dir` that survives the death of the process, not of the machine.
 */
export class EmbeddedBroker {
  /** "127.0.0.1:19092" */
  readonly bootstrapServers: string;
  readonly #server: Server;
  readonly #state: BrokerState;
  readonly #sessions = new Set<ClientSession>();
  #stopped: Promise<void> | undefined;

  private constructor(server: Server, state: BrokerState, log: (line: string) => void) {
    this.#server = server;
    this.#state = state;
    this.bootstrapServers = `${state.host}:${state.port}`;
    server.on("connection", (socket) => {
      const session = new ClientSession(socket, state, log);
      this.#sessions.add(session);
      socket.on("close", () => this.#sessions.delete(session));
    });
  }

  /** @throws PORT_IN_USE, UNKNOWN_OPTION, INVALID_OPTION */
  static async start(options: EmbeddedBrokerOptions = {}): Promise<EmbeddedBroker> {
    checkOptionNames("EmbeddedBroker", options, optionNames);
    const {
      port = 0,
      host = "127.0.0.1",
      dir,
      maxBytes = defaultMaxBytes,
      defaultPartitions = 1,
      log = () => {},
    } = options;
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw invalidOption("port", port, "an integer from 0 to 65535");
    const server = createServer();
    const bound = await listen(server, host, port);
    const meta = new MetaLog(dir);
    const topics = new TopicStore(dir, maxBytes, defaultPartitions, meta);
    const groups = new GroupStore(meta);
    const transactions = new TransactionCoordinator(topics, groups, meta);
    restore(meta.read(), topics, groups, transactions);
    meta.rewrite(snapshot(topics, groups, transactions));
    const state = {
      host,
      port: bound,
      clusterId: "dstream-embedded-broker",
      topics,
      groups,
      transactions,
      autoCreateTopics: options.autoCreateTopics ?? false,
    };
    log(`the embedded broker listens on ${host}:${bound}; it is for development: one node, no security`);
    return new EmbeddedBroker(server, state, log);
  }

  /** @throws INVALID_OPTION when the topic exists or its name or number of partitions is not valid. */
  async createTopic(
    name: string,
    options: { partitions?: number; config?: Readonly<Record<string, string>> } = {},
  ): Promise<void> {
    const { topics } = this.#state;
    const errorCode = topics.create(name, options.partitions ?? topics.defaultPartitions, options.config ?? {});
    if (errorCode !== 0)
      throw new DStreamError("INVALID_OPTION", `topic "${name}" cannot be created: ${kafkaErrorName(errorCode)}`);
  }

  /** Ends all connections, then writes its files out. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const session of this.#sessions) session.end();
    await closed;
    this.#state.transactions.stop();
    this.#state.groups.stop();
    this.#state.topics.close();
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EADDRINUSE")
        reject(
          new DStreamError("INVALID_OPTION", `${host}:${port} cannot be listened on (${error.code})`, { cause: error }),
        );
      else
        reject(
          new DStreamError("PORT_IN_USE", `port ${port} of ${host} is in use; choose another, or 0 for a free one`, {
            cause: error,
            data: { host, port },
          }),
        );
    });
    server.listen(port, host, () => resolve((server.address() as { port: number }).port));
  });
}

function restore(
  records: readonly MetaRecord[],
  topics: TopicStore,
  groups: GroupStore,
  transactions: TransactionCoordinator,
): void {
  const found = new Map<string, Extract<MetaRecord, { type: "topic" }>>();
  const decided = new Map<string, boolean>();
  const starts: Extract<MetaRecord, { type: "log-start" }>[] = [];
  for (const record of records) {
    if (record.type === "topic") found.set(record.name, record);
    else if (record.type === "topic-deleted") found.delete(record.name);
    else if (record.type === "log-start") starts.push(record);
    else if (record.type === "offset") groups.restore(record.group, record);
    else if (record.type === "ending") {
      decided.set(record.transactionalId, record.isCommit);
      for (const { group, ...offset } of record.offsets) groups.restore(group, offset);
    } else {
      transactions.restore(record.transactionalId, record.producerId, record.epoch);
      if (record.transactionalId !== null) decided.delete(record.transactionalId);
    }
  }
  for (const { name, id, partitions, config } of found.values()) topics.restore(name, id, partitions, config);
  for (const { topicId, partition, offset } of starts) {
    const topic = topics.all().find(({ id }) => id === topicId);
    topic?.partitions[partition]?.deleteBelow(offset);
  }
  transactions.recover(decided);
}

function snapshot(topics: TopicStore, groups: GroupStore, transactions: TransactionCoordinator): MetaRecord[] {
  return [
    ...topics
      .all()
      .map(
        ({ name, id, config, partitions }) =>
          ({ type: "topic", name, id, config, partitions: partitions.length }) as const,
      ),
    ...topics
      .all()
      .flatMap(({ id: topicId, partitions }) =>
        partitions.map(
          ({ startOffset: offset }, partition) => ({ type: "log-start", topicId, partition, offset }) as const,
        ),
      ),
    ...groups
      .ids()
      .flatMap((group) => groups.offsets(group).map((offset) => ({ type: "offset", group, ...offset }) as const)),
    ...[...transactions.all()].map(
      ({ transactionalId, producerId, epoch }) => ({ type: "producer", transactionalId, producerId, epoch }) as const,
    ),
  ];
}
