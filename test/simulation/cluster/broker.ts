import { AnswerBudget } from "../../../src/broker/answer-budget.ts";
import type { BrokerState } from "../../../src/broker/broker-state.ts";
import { ClientSession } from "../../../src/broker/client-session.ts";
import type { ClusterNode, ClusterView, Placement } from "../../../src/broker/cluster-view.ts";
import { GroupStore } from "../../../src/broker/groups/group-store.ts";
import { MemoryUse } from "../../../src/broker/log/memory-use.ts";
import { MetaLog } from "../../../src/broker/meta-log.ts";
import { logConfig } from "../../../src/broker/topics/topic-config.ts";
import { TopicStore } from "../../../src/broker/topics/topic-store.ts";
import { TransactionCoordinator } from "../../../src/broker/transactions/transaction-coordinator.ts";
import type { Machine } from "../../../src/runtime/machine/machine.ts";
import type { Scheduler } from "../world/scheduler.ts";
import type { SimProcess } from "../world/sim-process.ts";
import type { BrokerNode } from "./broker-node.ts";
import { clusterApis } from "./cluster-apis.ts";
import type { InSyncChange } from "./controller.ts";
import { GroupPart } from "./group-part.ts";
import { Link, type Push, type PushAnswer } from "./link.ts";
import {
  type ClusterState,
  type CoordinatorKind,
  idOf,
  type PartitionState,
  statePartitionOf,
  stateTopics,
} from "./partition-state.ts";
import { Replica } from "./replica.ts";
import { ReplicaLog } from "./replica-log.ts";
import type { SimCluster } from "./sim-cluster.ts";
import { TransactionPart } from "./transaction-part.ts";

const port = 9092;
/** How long a coordinator reads the state that it takes over. */
const loadMs = { least: 5, most: 400 };

/** One process of a broker: what it knows of the cluster, and what it serves. */
export class Broker {
  readonly cluster: SimCluster;
  readonly node: BrokerNode;
  readonly process: SimProcess;
  readonly machine: Machine;
  readonly replicas = new Map<string, Replica>();
  state: ClusterState = { version: 0, alive: [], partitions: new Map() };
  /** Of the state topics that it leads, once they are loaded. */
  readonly #parts = new Map<string, TransactionPart | GroupPart>();
  readonly #links = new Map<number, Link>();
  readonly #lastMessages = new Map<Broker, number>();
  readonly #topics: TopicStore;
  readonly #serving: BrokerState;
  #isListening = false;

  constructor(cluster: SimCluster, node: BrokerNode, process: SimProcess) {
    this.cluster = cluster;
    this.node = node;
    this.process = process;
    this.machine = node.host.machineOf(process);
    const { machine } = this;
    const meta = new MetaLog(undefined, machine);
    this.#topics = new TopicStore(new MemoryUse(Number.MAX_SAFE_INTEGER), 1, meta, machine);
    const groups = new GroupStore(meta, machine);
    // It coordinates nothing, and gives out ids to producers without transactions.
    const transactions = new TransactionCoordinator(this.#topics, groups, meta, machine);
    transactions.producerIds.restore(cluster.controller.producerIds());
    this.#serving = {
      ...{ machine, host: node.host.name, port, groups, transactions, topics: this.#topics },
      ...{ answers: new AnswerBudget(64 * 1024 * 1024), autoCreateTopics: false, cluster: this.#view() },
      apis: clusterApis(this),
      log: (line) => this.trace(line),
    };
  }

  get scheduler(): Scheduler {
    return this.node.host.world.scheduler;
  }

  trace(what: string): void {
    this.node.host.world.trace(this.process.name, `${this.node.host.name}: ${what}`);
  }

  /** What the controller has decided. */
  learn(state: ClusterState): void {
    if (state.version <= this.state.version) return;
    this.state = state;
    for (const [id, partition] of state.partitions) {
      const replica = this.replicas.get(id) ?? this.#open(id, partition);
      const { leaderEpoch } = replica.state;
      replica.learn(partition);
      if (partition.leaderEpoch > leaderEpoch) this.#coordinate(replica);
    }
    if (!this.#isListening && state.alive.includes(this.node.id)) this.#listen();
  }

  replicate(): void {
    for (const link of this.#links.values()) link.kick();
  }

  replicateSoon(): void {
    for (const link of this.#links.values()) link.kickSoon();
  }

  /** Takes what a leader sends, in its order; undefined: a later message came first. */
  take(from: Broker, message: number, pushes: readonly Push[]): PushAnswer[] | undefined {
    if (message <= (this.#lastMessages.get(from) ?? 0)) return undefined;
    this.#lastMessages.set(from, message);
    return pushes.map((push) => ({ push, has: this.#follow(from, push) }));
  }

  /** The disk and the handlers see the log that a replica has now. */
  keep({ id, log, state: { topic, partition } }: Replica): void {
    this.node.disk.set(id, log);
    const { partitions } = this.#topics.get(topic) as { partitions: unknown[] };
    partitions[partition] = log;
  }

  askController(change: InSyncChange, refused: () => void): void {
    const { controller } = this.cluster;
    const { network } = this.node.host.world;
    const { name } = this.node.host;
    network.carry(name, controller.hostName, 0, () => {
      if (controller.changeInSync(change) !== false) return;
      network.carry(controller.hostName, name, 0, () => this.process.deliver(refused));
    });
  }

  /** The state that this broker has loaded of a coordinator; undefined while it loads. */
  part(kind: CoordinatorKind, partition: number): TransactionPart | GroupPart | undefined {
    return this.#parts.get(idOf(stateTopics[kind], partition));
  }

  #follow(from: Broker, push: Push): PushAnswer["has"] {
    const replica = this.replicas.get(push.id);
    const { leader, leaderEpoch } = replica?.state ?? { leader: -1, leaderEpoch: -1 };
    if (replica === undefined || leader !== from.node.id || leaderEpoch !== push.leaderEpoch) return undefined;
    if (push.truncateTo !== undefined) replica.truncate(push.truncateTo);
    const { log } = replica;
    if (push.batches !== undefined && push.fromOffset === log.endOffset) log.take(push.batches);
    if (push.fromOffset >= 0) log.raiseHighWatermark(Math.min(push.highWatermark, log.endOffset));
    return { endOffset: log.endOffset, lastEpoch: log.lastEpoch };
  }

  /** A partition that this process has not seen yet, from its disk if that has it. */
  #open(id: string, state: PartitionState): Replica {
    const { topic } = state;
    const found = this.node.disk.get(id);
    const config = logConfig({});
    const log = found?.recovered(found.endOffset, this.machine) ?? new ReplicaLog(config, this.machine);
    if (this.#topics.get(topic) === undefined) {
      const name = topic;
      const topicId = Buffer.from(topic.padEnd(16, "_").slice(0, 16)).toString("hex");
      this.#topics.restore({ name, id: topicId, partitions: 0, config: {} });
    }
    const replica = new Replica(this, log, state);
    this.replicas.set(id, replica);
    this.#topics.get(topic)?.partitions.push(log);
    this.node.disk.set(id, log);
    for (const node of state.replicas)
      if (node !== this.node.id && !this.#links.has(node)) this.#links.set(node, new Link(this, node));
    return replica;
  }

  /** Loads the state of what it coordinates from now on, and lets go of the rest. */
  #coordinate(replica: Replica): void {
    const { id, state } = replica;
    this.#parts.get(id)?.close();
    this.#parts.delete(id);
    if (!replica.isLeader) return;
    const isGroups = state.topic === stateTopics.group;
    if (!isGroups && state.topic !== stateTopics.transaction) return;
    this.machine.timers.after(this.scheduler.between(loadMs.least, loadMs.most), () => {
      if (replica.state.leaderEpoch !== state.leaderEpoch) return;
      this.trace(`coordinates ${id}`);
      this.#parts.set(id, isGroups ? new GroupPart(this, replica) : new TransactionPart(this, replica));
    });
  }

  #listen(): void {
    this.#isListening = true;
    this.trace("serves");
    const { host } = this.node;
    void this.machine.network.listen(host.name, port, (connection) => {
      new ClientSession(connection, this.#serving);
    });
  }

  #view(): ClusterView {
    const nodeOf = (id: number): ClusterNode => ({ id, host: this.cluster.hostOf(id), port });
    return {
      id: "simulated-cluster",
      nodes: () => this.state.alive.map(nodeOf),
      controller: () => this.state.alive[0] ?? -1,
      placement: (topic, partition): Placement => {
        const { leader, leaderEpoch, replicas, inSync } = this.state.partitions.get(
          idOf(topic, partition),
        ) as PartitionState;
        const offline = replicas.filter((id) => !this.state.alive.includes(id));
        return { leader, leaderEpoch, replicas, inSync, offline };
      },
      coordinator: (kind, key) => {
        const id = idOf(stateTopics[kind], statePartitionOf(kind, key));
        const leader = this.state.partitions.get(id)?.leader ?? -1;
        return leader < 0 ? undefined : nodeOf(leader);
      },
    };
  }
}
