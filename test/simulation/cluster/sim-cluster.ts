import type { TransactionPartition } from "../../../src/broker/transactions/transaction.ts";
import type { ProducerIdentity } from "../../../src/broker/transactions/transaction-coordinator.ts";
import { kafkaErrors } from "../../../src/kafka/protocol/kafka-error-codes.ts";
import type { Brokers } from "../broker-host.ts";
import type { SimWorld } from "../world/sim-world.ts";
import type { Broker } from "./broker.ts";
import { BrokerNode } from "./broker-node.ts";
import { Controller } from "./controller.ts";
import { GroupPart } from "./group-part.ts";
import { idOf, statePartitionOf, statePartitions, stateTopics } from "./partition-state.ts";
import type { Replica } from "./replica.ts";
import { TransactionPart } from "./transaction-part.ts";

interface Marker {
  readonly place: TransactionPartition;
  readonly producerId: number;
  readonly epoch: number;
  readonly type: "commit" | "abort";
}

const count = 3;
/** Kafka's request.timeout.ms of brokers among themselves. */
const answerMs = 10_000;

/** Three brokers, and what passes between them. */
export class SimCluster implements Brokers {
  readonly nodes: readonly BrokerNode[];
  readonly controller: Controller;
  readonly #world: SimWorld;
  isStopping = false;

  constructor(world: SimWorld) {
    this.#world = world;
    this.nodes = Array.from({ length: count }, (_, i) => new BrokerNode(world, i + 1, this));
    this.controller = new Controller(world, this.nodes);
    for (const topic of Object.values(stateTopics)) this.controller.createTopic(topic, statePartitions);
  }

  get isRunning(): boolean {
    return this.controller.alive.length === count;
  }

  hostOf(id: number): string {
    return (this.nodes[id - 1] as BrokerNode).host.name;
  }

  start(): void {
    for (const node of this.nodes) node.start();
  }

  async createTopic(name: string, partitions: number): Promise<void> {
    this.controller.createTopic(name, partitions);
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    this.controller.isStopped = true;
    for (const { process } of this.nodes) process?.kill();
  }

  /** A partition of those that `isMeant` gets another leader. */
  elect(isMeant: "data" | "state"): void {
    const ofState: readonly string[] = Object.values(stateTopics);
    const meant = this.controller.states.filter(({ topic }) => ofState.includes(topic) === (isMeant === "state"));
    this.controller.moveLeader(this.#world.scheduler.pick(meant));
  }

  /** Calls the process that a broker has when the message arrives. */
  deliver(from: Broker, to: number, act: (broker: Broker) => void): void {
    const node = this.nodes[to - 1] as BrokerNode;
    this.#world.network.carry(from.node.host.name, node.host.name, 0, () => {
      const { broker } = node;
      broker?.process.deliver(() => act(broker));
    });
  }

  /** An answer, to the process that has asked. */
  reply(from: Broker, to: Broker, act: () => void): void {
    this.#world.network.carry(from.node.host.name, to.node.host.name, 0, () => to.process.deliver(act));
  }

  /** Asks the coordinator of a transactional id whether a batch belongs to its open transaction, as Kafka does since 3.6. */
  verify(from: Broker, id: string, producer: ProducerIdentity, place: TransactionPartition): number {
    const partition = statePartitionOf("transaction", id);
    const state = this.controller.partition(stateTopics.transaction, partition);
    const broker = this.nodes[(state?.leader ?? 0) - 1]?.broker;
    const part = broker?.part("transaction", partition);
    const isThere =
      broker?.process.isAwake &&
      broker.replicas.get(idOf(stateTopics.transaction, partition))?.state.leaderEpoch === state?.leaderEpoch &&
      this.#reaches(from, broker) &&
      this.#reaches(broker, from);
    if (!isThere || !(part instanceof TransactionPart)) return kafkaErrors.NOT_ENOUGH_REPLICAS.code;
    return part.transactions.verify(id, producer, place);
  }

  /** Sends a marker to the leader of its partition. Resolves with whether it is there; it may be when that is not known. */
  writeMarker(from: Broker, of: Replica, marker: Marker): Promise<boolean> {
    const { topic, partition } = marker.place;
    const leader = from.state.partitions.get(idOf(topic, partition))?.leader ?? -1;
    if (leader < 0) return Promise.resolve(false);
    const { leaderEpoch, topic: stateTopic, partition: statePartition } = of.state;
    return new Promise((resolve) => {
      let isOver = false;
      const finish = (isThere: boolean): void => {
        if (isOver) return;
        isOver = true;
        timer.cancel();
        resolve(isThere);
      };
      const timer = from.machine.timers.after(answerMs, () => finish(false));
      this.deliver(from, leader, (broker) => {
        // The connection was given up meanwhile; or there is another coordinator, whose markers have a higher epoch.
        const coordinator = this.controller.partition(stateTopic, statePartition);
        if (isOver || coordinator?.leaderEpoch !== leaderEpoch) return;
        void this.#mark(broker, marker).then((isThere) => this.reply(broker, from, () => finish(isThere)));
      });
    });
  }

  async #mark(broker: Broker, { place, producerId, epoch, type }: Marker): Promise<boolean> {
    const replica = broker.replicas.get(idOf(place.topic, place.partition));
    if (replica === undefined || !replica.isLeader || !replica.hasEnoughInSync) return false;
    if (place.topic === stateTopics.group) {
      const part = broker.part("group", place.partition);
      if (!(part instanceof GroupPart)) return false;
      part.endTransaction(producerId, type);
    } else replica.log.endTransaction(producerId, epoch, type);
    return (await replica.replicated(replica.log.endOffset, answerMs)) === 0;
  }

  #reaches(from: Broker, to: Broker): boolean {
    return this.#world.network.reaches(from.node.host.name, to.node.host.name);
  }
}
