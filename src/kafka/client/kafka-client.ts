import { nearest } from "../../errors/checks/nearest.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import type { Timers } from "../../runtime/machine/timers.ts";
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
import type { TopicPartition } from "../types.ts";
import type { BrokerAddress } from "./broker-address.ts";
import type { ClientMachine, ConnectionSettings, RequestType } from "./broker-connection.ts";
import { brokerFailure } from "./broker-failure.ts";
import { BrokerPool, type SendOptions } from "./broker-pool.ts";
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

/** How long a request is tried again while brokers elect leaders or restart. */
const retryForMs = 30_000;
const retryPauseMs = 100;

/** Kafka through one set of connection options: one connection to each broker, metadata, and retries when leaders move. */
export class KafkaClient {
  readonly #pool: BrokerPool;
  readonly #topics = new Map<string, TopicMetadata>();
  readonly #coordinators = new Map<string, BrokerAddress>();
  /** Lends the memory of large responses to those who read them and give it back. */
  readonly frames = new FramePool();
  /** Those that ask by this client wait by them. */
  readonly timers: Timers;

  /** @throws INVALID_OPTION for brokers that are not "host:port". */
  constructor(options: ConnectionSettings & { readonly brokers: readonly string[] }, machine: ClientMachine) {
    this.#pool = new BrokerPool(options, machine);
    this.timers = machine.timers;
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
        const epoch = epochs.get(`${topic}-${partition}`) as number;
        // Who asks for an epoch has seen it: a leader of an earlier one, which the metadata may still name, must not answer.
        return { topic, partition, currentEpoch: Math.max(currentEpoch, epoch), epoch };
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
        const found = await this.#pool.sendToAny(findCoordinatorRequest, of);
        if (found.errorCode !== 0) throw brokerFailure(found.errorCode, `the coordinator of ${of.kind} "${of.key}"`);
        coordinator = { host: found.host, port: found.port };
        this.#coordinators.set(id, coordinator);
      }
      return await this.#pool.send(coordinator, type, request);
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
      const answer = await this.#pool.sendToAny(initProducerIdRequest, {
        transactionalId: null,
        transactionTimeoutMs: 60_000,
      });
      identity = answer;
      return answer.errorCode === 0 ? undefined : brokerFailure(answer.errorCode, "a producer id");
    });
    return { producerId: identity.producerId, producerEpoch: identity.producerEpoch };
  }

  produce(request: ProduceRequest, leaderNodeId: number): Promise<ProduceResponse> {
    return this.#sendTo(leaderNodeId, produceRequest, request, { waitMs: request.timeoutMs });
  }

  /** The records of the answer lie in memory of their own, or in that of `memory` where it is given. */
  fetch(request: FetchRequest, leaderNodeId: number, memory?: FramePool): Promise<FetchResponse> {
    return this.#sendTo(leaderNodeId, fetchRequest, request, { waitMs: request.maxWaitMs, memory });
  }

  /** @throws INVALID_OPTION when the broker refuses the topic. */
  async createTopic(name: string, partitions = -1, config: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.#onController(createTopicRequest, { name, partitions, config }, `topic "${name}"`);
    await this.#retrying(async () => {
      await this.refreshMetadata([name]);
      return this.#topics.has(name)
        ? undefined
        : brokerFailure(kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code, `topic "${name}"`);
    });
  }

  async deleteTopic(name: string): Promise<void> {
    await this.#topic(name);
    await this.#onController(deleteTopicRequest, name, `topic "${name}"`);
    this.#topics.delete(name);
  }

  /** Ends at once: requests that wait for an answer are told so. */
  async close(): Promise<void> {
    this.#pool.close();
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
      if (topic === undefined || topic.errorCode !== 0) return brokerFailure(topic?.errorCode ?? -1, `topic "${name}"`);
      this.#topics.set(name, topic);
      const orphan = topic.partitions.find(({ leader }) => leader < 0);
      return orphan === undefined ? undefined : noLeader(name, orphan.partition);
    });
    return this.#topics.get(name) as TopicMetadata;
  }

  async #topicNotFound(topic: string): Promise<DStreamError> {
    const alike = nearest(topic, await this.topics());
    const hint = alike.length === 0 ? "" : `; topics with a similar name: ${alike.join(", ")}`;
    return new DStreamError("TOPIC_NOT_FOUND", `topic "${topic}" does not exist on ${this.#pool.given}${hint}`, {
      data: { topic, alike },
    });
  }

  async #metadata(topics: readonly string[] | null): Promise<MetadataResponse> {
    const metadata = await this.#pool.sendToAny(metadataRequest, topics);
    this.#pool.learn(metadata.brokers);
    return metadata;
  }

  async #onController<Q>(type: RequestType<Q, readonly TopicResult[]>, request: Q, what: string): Promise<void> {
    await this.#retrying(async () => {
      const { controllerId } = await this.#metadata([]);
      const [result] = await this.#sendTo(controllerId, type, request);
      if (result === undefined || result.errorCode === 0) return undefined;
      if (isRetriable(result.errorCode) || isNotAllowed(result.errorCode)) return brokerFailure(result.errorCode, what);
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
      return brokerFailure(errorCode, `group "${group}"`);
    });
  }

  /** Asks the leaders of partitions, again those whose leaders have moved; an answer for each partition, in their order. */
  async #askLeaders<R extends PartitionAnswer>(
    partitions: readonly TopicPartition[],
    what: string,
    ask: (nodeId: number, partitions: readonly LedPartition[]) => Promise<readonly R[]>,
  ): Promise<R[]> {
    const results = new Map<string, R>();
    let missing = partitions;
    await this.#retrying(async () => {
      const byLeader = new Map<number, LedPartition[]>();
      for (const { topic, partition } of missing) {
        const { nodeId, leaderEpoch } = await this.leaderOf(topic, partition);
        byLeader.set(nodeId, [...(byLeader.get(nodeId) ?? []), { topic, partition, leaderEpoch }]);
      }
      const failures: DStreamError[] = [];
      const askOne = async ([nodeId, own]: readonly [number, readonly LedPartition[]]): Promise<void> => {
        try {
          for (const answer of await ask(nodeId, own)) {
            if (answer.errorCode === 0) results.set(idOf(answer), answer);
            else failures.push(brokerFailure(answer.errorCode, `${what} ${idOf(answer)}`));
          }
        } catch (thrown) {
          failures.push(unreachableLeader(thrown, `${what} ${idOf(own[0] as TopicPartition)}`));
        }
      };
      await Promise.all([...byLeader].map(askOne));
      missing = missing.filter((partition) => !results.has(idOf(partition)));
      if (missing[0] === undefined) return undefined;
      const leftOut = new DStreamError(
        "BROKER_UNREACHABLE",
        `${what} ${idOf(missing[0])} are not in the broker's answer`,
      );
      const failure = failures.find(({ retryable }) => !retryable) ?? failures[0] ?? leftOut;
      if (failure.retryable) await this.refreshMetadata([...new Set(missing.map(({ topic }) => topic))]);
      return failure;
    });
    return partitions.map((partition) => results.get(idOf(partition)) as R);
  }

  /** Runs `attempt` until it returns no failure, for as long as failures may pass. */
  async #retrying(attempt: () => Promise<DStreamError | undefined>): Promise<void> {
    const deadline = this.timers.elapsed() + retryForMs;
    for (;;) {
      const failure = await attempt();
      if (failure === undefined) return;
      if (!failure.retryable || this.timers.elapsed() > deadline || this.#pool.isClosed) throw failure;
      await this.timers.delay(retryPauseMs);
    }
  }

  async #sendTo<Q, R>(nodeId: number, type: RequestType<Q, R>, request: Q, options?: SendOptions): Promise<R> {
    if (this.#pool.addressOf(nodeId) === undefined) await this.#metadata([]);
    const address = this.#pool.addressOf(nodeId);
    if (address === undefined) {
      throw new DStreamError("BROKER_UNREACHABLE", `broker ${nodeId} is not known to ${this.#pool.given}`);
    }
    return this.#pool.send(address, type, request, options);
  }
}

/** What the brokers that answer say of a partition whose own brokers are away. */
function noLeader(topic: string, partition: number): DStreamError {
  const text = `no broker leads ${topic}-${partition} now: those that have it are away, or are about to choose a leader`;
  return new DStreamError("BROKER_UNREACHABLE", text, { data: { topic, partition, error: "LEADER_NOT_AVAILABLE" } });
}

/** Kafka's code, when a broker said it; whoever can't be reached said nothing. @throws any other error. */
function answeredCode(thrown: unknown): number {
  const name = DStreamError.from(thrown).data.error as KafkaErrorName | undefined;
  if (name === undefined || kafkaErrors[name] === undefined) throw thrown;
  return kafkaErrors[name].code;
}

/** A leader that can't be reached is as good as none: another broker may lead by now. @throws any other error. */
function unreachableLeader(thrown: unknown, what: string): DStreamError {
  const error = DStreamError.from(thrown);
  if (error.code !== "BROKER_UNREACHABLE") throw thrown;
  const text = `${what} could not be had: ${error.message.replace(/^\[\w+\] /, "")}`;
  return new DStreamError("BROKER_UNREACHABLE", text, { cause: error, data: error.data });
}

function idOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}
