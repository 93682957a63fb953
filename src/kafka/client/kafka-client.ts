import { setTimeout as delay } from "node:timers/promises";
import { DStreamError } from "../../errors/dstream-error.ts";
import { nearest } from "../../errors/nearest.ts";
import type { ProduceRequest, ProducerEpoch } from "../producer/producer-network.ts";
import { FramePool } from "../protocol/frame-pool.ts";
import {
  isNotAllowed,
  isRetriable,
  type KafkaErrorName,
  kafkaErrorName,
  kafkaErrors,
} from "../protocol/kafka-error-codes.ts";
import { topicNameProblem } from "../protocol/topic-name.ts";
import type { KafkaConnection, TopicPartition } from "../types.ts";
import { type BrokerAddress, parseBrokers } from "./broker-address.ts";
import { BrokerConnection, type RequestType } from "./broker-connection.ts";
import { type FetchRequest, type FetchResponse, fetchRequest } from "./requests/fetch.ts";
import {
  type CoordinatorOf,
  findCoordinatorRequest,
  type GroupOffset,
  offsetCommitRequest,
  offsetFetchRequest,
} from "./requests/groups.ts";
import { initProducerIdRequest } from "./requests/init-producer-id.ts";
import { type ListedOffset, listOffsetsRequest } from "./requests/list-offsets.ts";
import { type MetadataResponse, metadataRequest, type TopicMetadata } from "./requests/metadata.ts";
import { type EpochEnd, offsetForLeaderEpochRequest } from "./requests/offset-for-leader-epoch.ts";
import { type ProduceResponse, produceRequest } from "./requests/produce.ts";
import { createTopicRequest, deleteTopicRequest, type TopicResult } from "./requests/topics.ts";

export interface Leader {
  readonly nodeId: number;
  readonly leaderEpoch: number;
}

type LedPartition = TopicPartition & { readonly leaderEpoch: number };
type PartitionAnswer = TopicPartition & { readonly errorCode: number };

/** Which offset of each partition: of the log's start, its end (under read_committed the last stable offset), or the first record as young. */
export type OffsetAt = "earliest" | "latest" | { readonly timestamp: number };
export type Isolation = "read_committed" | "read_uncommitted";

const requestTimeoutMs = 30_000;
/** How long a request is tried again while brokers elect leaders or restart. */
const retryForMs = 30_000;
const retryPauseMs = 100;

/** Kafka through one set of connection options: one connection to each broker, metadata, and retries when leaders move. */
export class KafkaClient {
  readonly #options: KafkaConnection;
  readonly #bootstrap: readonly BrokerAddress[];
  readonly #nodes = new Map<number, BrokerAddress>();
  readonly #connections = new Map<string, Promise<BrokerConnection>>();
  readonly #topics = new Map<string, TopicMetadata>();
  readonly #coordinators = new Map<string, BrokerAddress>();
  #isClosed = false;
  /** Lends the memory of large responses to those who read them and give it back. */
  readonly frames = new FramePool();

  /** @throws INVALID_OPTION for brokers that are not "host:port". */
  constructor(options: KafkaConnection & { readonly brokers: readonly string[] }) {
    this.#bootstrap = parseBrokers(options.brokers);
    this.#options = options;
  }

  /** @throws TOPIC_NOT_FOUND naming topics that look alike, BROKER_UNREACHABLE */
  async partitionCount(topic: string): Promise<number> {
    return (await this.#topic(topic)).partitions.length;
  }

  /** The id of a topic, which is another when the topic was deleted and created anew. @throws TOPIC_NOT_FOUND */
  async topicId(topic: string): Promise<string> {
    return (await this.#topic(topic)).id;
  }

  /** Names of the topics, without Kafka's internal ones. Names that Kafka does not allow are left out: what gets them relies on that. */
  async topics(pattern: RegExp = /./): Promise<string[]> {
    const { topics } = await this.#metadata(null);
    const own = topics.filter(({ name, isInternal }) => !isInternal && topicNameProblem(name) === undefined);
    // Not test(), which with the flag g goes on where it found something in the last name.
    return own.map(({ name }) => name).filter((name) => name.search(pattern) >= 0);
  }

  async leaderOf(topic: string, partition: number): Promise<Leader> {
    const metadata = await this.#topic(topic);
    const found = metadata.partitions.find((candidate) => candidate.partition === partition);
    if (found === undefined) {
      throw new DStreamError(
        "TOPIC_NOT_FOUND",
        `topic "${topic}" has no partition ${partition}, it has ${metadata.partitions.length}`,
        { data: { topic, partition } },
      );
    }
    return { nodeId: found.leader, leaderEpoch: found.leaderEpoch };
  }

  async refreshMetadata(topics: readonly string[]): Promise<void> {
    const { topics: fresh } = await this.#metadata(topics);
    for (const topic of fresh) {
      if (topic.errorCode === 0) this.#topics.set(topic.name, topic);
      else this.#topics.delete(topic.name);
    }
  }

  /** How many partitions topics have by now, leaders or not, asked of a broker; topics that it does not know are left out. */
  async partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    await this.refreshMetadata(topics);
    const known = topics.flatMap((name) => this.#topics.get(name) ?? []);
    return new Map(known.map(({ name, partitions }) => [name, partitions.length]));
  }

  /** One offset for each partition, in any order. @throws TOPIC_NOT_FOUND, BROKER_UNREACHABLE */
  async listOffsets(
    partitions: readonly TopicPartition[],
    at: OffsetAt,
    isolation: Isolation,
  ): Promise<ListedOffset[]> {
    const timestamp = at === "latest" ? -1 : at === "earliest" ? -2 : at.timestamp;
    return this.#askLeaders(partitions, "the offsets of", (nodeId, own) =>
      this.#sendTo(nodeId, listOffsetsRequest, { isolation, timestamp, partitions: own }),
    );
  }

  /** Where the leaders' logs end the records of these epochs, or of the last ones before. @throws TOPIC_NOT_FOUND, BROKER_UNREACHABLE */
  async epochEnds(asked: readonly (TopicPartition & { readonly leaderEpoch: number })[]): Promise<EpochEnd[]> {
    const epochs = new Map(asked.map(({ topic, partition, leaderEpoch }) => [`${topic}-${partition}`, leaderEpoch]));
    return this.#askLeaders(asked, "the leader epochs of", (nodeId, own) => {
      const request = own.map(({ topic, partition, leaderEpoch: currentEpoch }) => {
        return { topic, partition, currentEpoch, epoch: epochs.get(`${topic}-${partition}`) as number };
      });
      return this.#sendTo(nodeId, offsetForLeaderEpochRequest, request);
    });
  }

  /** All offsets that a group has committed. */
  async committedOffsets(group: string): Promise<readonly GroupOffset[]> {
    let offsets: readonly GroupOffset[] = [];
    await this.#withGroup(group, async (coordinator) => {
      const answer = await this.askCoordinator(coordinator, offsetFetchRequest, { group, partitions: "all" });
      offsets = answer.offsets;
      return answer.errorCode;
    });
    return offsets;
  }

  /** Sets a group's offsets without joining it, for programs that plan their own ranges: Kafka's tools then show the lag. */
  async commitOffsets(group: string, offsets: readonly GroupOffset[]): Promise<void> {
    await this.#withGroup(group, async (coordinator) => {
      const results = await this.askCoordinator(coordinator, offsetCommitRequest, { group, offsets });
      return results.find(({ errorCode }) => errorCode !== 0)?.errorCode ?? 0;
    });
  }

  /**
   * Sends one request to the broker that coordinates a group or transactional id, after looking for it where it is not known.
   *
   * @throws BROKER_UNREACHABLE: whether the request was carried out is not known.
   */
  async askCoordinator<Q, R>(of: CoordinatorOf, type: RequestType<Q, R>, request: Q): Promise<R> {
    const id = `${of.kind} ${of.key}`;
    try {
      let coordinator = this.#coordinators.get(id);
      if (coordinator === undefined) {
        const found = await this.#sendToAny(findCoordinatorRequest, of);
        if (found.errorCode !== 0) throw kafkaFailure(found.errorCode, `the coordinator of ${of.kind} "${of.key}"`);
        coordinator = { host: found.host, port: found.port };
        this.#coordinators.set(id, coordinator);
      }
      return await this.#send(coordinator, type, request);
    } catch (error) {
      this.forgetCoordinator(of);
      throw error;
    }
  }

  /** The broker said that it is not, or not any more, the coordinator. */
  forgetCoordinator({ kind, key }: CoordinatorOf): void {
    this.#coordinators.delete(`${kind} ${key}`);
  }

  /** A producer id for idempotence alone. */
  async initProducerId(): Promise<ProducerEpoch> {
    let identity = { producerId: -1, producerEpoch: -1 };
    await this.#retrying(async () => {
      const answer = await this.#sendToAny(initProducerIdRequest, {
        transactionalId: null,
        transactionTimeoutMs: 60_000,
      });
      identity = answer;
      return answer.errorCode === 0 ? undefined : kafkaFailure(answer.errorCode, "a producer id");
    });
    return { producerId: identity.producerId, producerEpoch: identity.producerEpoch };
  }

  produce(request: ProduceRequest, leaderNodeId: number): Promise<ProduceResponse> {
    return this.#sendTo(leaderNodeId, produceRequest, request, request.timeoutMs + requestTimeoutMs);
  }

  /** The records of the answer lie in memory of their own, or in that of `memory` where it is given. */
  fetch(request: FetchRequest, leaderNodeId: number, memory?: FramePool): Promise<FetchResponse> {
    return this.#sendTo(leaderNodeId, fetchRequest, request, request.maxWaitMs + requestTimeoutMs, memory);
  }

  /** @throws INVALID_OPTION when the broker refuses the topic. */
  async createTopic(name: string, partitions = -1, config: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.#onController(createTopicRequest, { name, partitions, config }, `topic "${name}"`);
    await this.#retrying(async () => {
      await this.refreshMetadata([name]);
      return this.#topics.has(name)
        ? undefined
        : kafkaFailure(kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code, `topic "${name}"`);
    });
  }

  async deleteTopic(name: string): Promise<void> {
    await this.#topic(name);
    await this.#onController(deleteTopicRequest, name, `topic "${name}"`);
    this.#topics.delete(name);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const connections = [...this.#connections.values()];
    this.#connections.clear();
    for (const connection of await Promise.allSettled(connections)) {
      if (connection.status === "fulfilled") connection.value.close();
    }
  }

  async #topic(name: string): Promise<TopicMetadata> {
    const known = this.#topics.get(name);
    if (known?.partitions.every(({ leader }) => leader >= 0)) return known;
    const problem = topicNameProblem(name);
    if (problem !== undefined) throw new DStreamError("INVALID_OPTION", problem, { data: { topic: name } });
    await this.#retrying(async () => {
      const { topics } = await this.#metadata([name]);
      const [topic] = topics;
      if (topic?.errorCode === kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code) throw await this.#topicNotFound(name);
      if (topic === undefined || topic.errorCode !== 0) return kafkaFailure(topic?.errorCode ?? -1, `topic "${name}"`);
      this.#topics.set(name, topic);
      return topic.partitions.every(({ leader }) => leader >= 0)
        ? undefined
        : kafkaFailure(kafkaErrors.LEADER_NOT_AVAILABLE.code, `topic "${name}"`);
    });
    return this.#topics.get(name) as TopicMetadata;
  }

  async #topicNotFound(topic: string): Promise<DStreamError> {
    const alike = nearest(topic, await this.topics());
    const hint = alike.length === 0 ? "" : `; topics with a similar name: ${alike.join(", ")}`;
    return new DStreamError("TOPIC_NOT_FOUND", `topic "${topic}" does not exist on ${this.#brokers()}${hint}`, {
      data: { topic, alike },
    });
  }

  async #metadata(topics: readonly string[] | null): Promise<MetadataResponse> {
    const metadata = await this.#sendToAny(metadataRequest, topics);
    for (const { nodeId, host, port } of metadata.brokers) this.#nodes.set(nodeId, { host, port });
    return metadata;
  }

  async #onController<Q>(type: RequestType<Q, readonly TopicResult[]>, request: Q, what: string): Promise<void> {
    await this.#retrying(async () => {
      const { controllerId } = await this.#metadata([]);
      const [result] = await this.#sendTo(controllerId, type, request);
      if (result === undefined || result.errorCode === 0) return undefined;
      if (isRetriable(result.errorCode)) return kafkaFailure(result.errorCode, what);
      const reason = result.errorMessage ?? kafkaErrorName(result.errorCode);
      throw new DStreamError("INVALID_OPTION", `the broker refused ${what}: ${reason}`, {
        data: { error: kafkaErrorName(result.errorCode) },
      });
    });
  }

  async #withGroup(group: string, ask: (coordinator: CoordinatorOf) => Promise<number>): Promise<void> {
    const coordinator = { kind: "group", key: group } as const;
    await this.#retrying(async () => {
      const errorCode = await ask(coordinator).catch(answeredCode);
      if (errorCode === 0) return undefined;
      this.forgetCoordinator(coordinator);
      return kafkaFailure(errorCode, `group "${group}"`);
    });
  }

  /** Asks the leaders of partitions, again those whose leaders have moved; an answer for each partition, in any order. */
  async #askLeaders<R extends PartitionAnswer>(
    partitions: readonly TopicPartition[],
    what: string,
    ask: (nodeId: number, partitions: readonly LedPartition[]) => Promise<readonly R[]>,
  ): Promise<R[]> {
    const results: R[] = [];
    let missing: readonly TopicPartition[] = partitions;
    await this.#retrying(async () => {
      const byLeader = new Map<number, LedPartition[]>();
      for (const { topic, partition } of missing) {
        const { nodeId, leaderEpoch } = await this.leaderOf(topic, partition);
        byLeader.set(nodeId, [...(byLeader.get(nodeId) ?? []), { topic, partition, leaderEpoch }]);
      }
      const answers = await Promise.all(
        [...byLeader].map(([nodeId, own]) => ask(nodeId, own).catch((error: unknown) => withoutLeader(own, error))),
      );
      const failed: PartitionAnswer[] = [];
      for (const answer of answers.flat()) {
        if (answer.errorCode === 0) results.push(answer as R);
        else failed.push(answer);
      }
      missing = failed;
      if (failed[0] === undefined) return undefined;
      await this.refreshMetadata([...new Set(failed.map(({ topic }) => topic))]);
      return kafkaFailure(failed[0].errorCode, `${what} ${failed[0].topic}-${failed[0].partition}`);
    });
    return results;
  }

  /** Runs `attempt` until it returns no failure, for as long as failures may pass. */
  async #retrying(attempt: () => Promise<DStreamError | undefined>): Promise<void> {
    const deadline = performance.now() + retryForMs;
    for (;;) {
      const failure = await attempt();
      if (failure === undefined) return;
      if (!failure.retryable || performance.now() > deadline || this.#isClosed) throw failure;
      await delay(retryPauseMs);
    }
  }

  async #sendTo<Q, R>(
    nodeId: number,
    type: RequestType<Q, R>,
    request: Q,
    timeoutMs: number = requestTimeoutMs,
    memory?: FramePool,
  ): Promise<R> {
    let address = this.#nodes.get(nodeId);
    if (address === undefined) {
      await this.#metadata([]);
      address = this.#nodes.get(nodeId);
    }
    if (address === undefined)
      throw new DStreamError("BROKER_UNREACHABLE", `broker ${nodeId} is not known to ${this.#brokers()}`);
    return this.#send(address, type, request, timeoutMs, memory);
  }

  /** To a broker that is connected, else to the known ones in turn. @throws BROKER_UNREACHABLE naming all that were tried. */
  async #sendToAny<Q, R>(type: RequestType<Q, R>, request: Q): Promise<R> {
    let last: unknown;
    for (const address of [...this.#nodes.values(), ...this.#bootstrap]) {
      try {
        return await this.#send(address, type, request);
      } catch (error) {
        const { code } = DStreamError.from(error);
        if (code !== "BROKER_UNREACHABLE") throw error;
        last = error;
      }
    }
    const reason = last instanceof Error ? last.message.replace(/^\[\w+\] /, "") : "";
    throw new DStreamError("BROKER_UNREACHABLE", `no broker of ${this.#brokers()} can be reached: ${reason}`, {
      cause: last,
    });
  }

  async #send<Q, R>(
    address: BrokerAddress,
    type: RequestType<Q, R>,
    request: Q,
    timeoutMs: number = requestTimeoutMs,
    memory?: FramePool,
  ): Promise<R> {
    return (await this.#connect(address)).send(type, request, timeoutMs, memory);
  }

  /** The connection to a broker; a broken one is replaced. */
  async #connect(address: BrokerAddress): Promise<BrokerConnection> {
    this.#checkOpen();
    const id = `${address.host}:${address.port}`;
    const present = this.#connections.get(id);
    if (present !== undefined) {
      const connection = await present.catch(() => undefined);
      if (connection !== undefined && !connection.isClosed) return connection;
      if (this.#connections.get(id) === present) this.#connections.delete(id);
      // Closed meanwhile: nobody would ever close a new connection.
      this.#checkOpen();
    }
    const opening = this.#connections.get(id) ?? BrokerConnection.open(address, this.#options);
    this.#connections.set(id, opening);
    opening.catch(() => {
      if (this.#connections.get(id) === opening) this.#connections.delete(id);
    });
    return opening;
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new DStreamError("ILLEGAL_STATE", "the Kafka client was closed");
  }

  #brokers(): string {
    return (this.#options.brokers ?? []).join(", ");
  }
}

function kafkaFailure(errorCode: number, what: string): DStreamError {
  return new DStreamError(
    isNotAllowed(errorCode) ? "AUTHENTICATION_FAILED" : "BROKER_UNREACHABLE",
    `${what} could not be had: the broker answered ${kafkaErrorName(errorCode)}`,
    {
      retryable: isRetriable(errorCode),
      data: { error: kafkaErrorName(errorCode) },
    },
  );
}

/** Kafka's code, when a broker said it; whoever can't be reached said nothing. @throws any other error. */
function answeredCode(thrown: unknown): number {
  const name = DStreamError.from(thrown).data.error as KafkaErrorName | undefined;
  if (name === undefined || kafkaErrors[name] === undefined) throw thrown;
  return kafkaErrors[name].code;
}

/** A leader that can't be reached is as good as none: another broker may lead by now. @throws any other error. */
function withoutLeader(partitions: readonly TopicPartition[], error: unknown): PartitionAnswer[] {
  if (DStreamError.from(error).code !== "BROKER_UNREACHABLE") throw error;
  return partitions.map((at) => ({ ...at, errorCode: kafkaErrors.LEADER_NOT_AVAILABLE.code }));
}
