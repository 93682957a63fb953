import type { SimNetwork } from "../world/sim-network.ts";
import type { SimProcess } from "../world/sim-process.ts";
import type { SimWorld } from "../world/sim-world.ts";
import type { Broker } from "./broker.ts";
import type { BrokerNode } from "./broker-node.ts";
import { type ClusterState, idOf, type PartitionState } from "./partition-state.ts";

/** Kafka's broker.session.timeout.ms. */
const sessionMs = 9_000;
const tickMs = 1_000;
/** How often leaders go back to the replicas that are to lead; Kafka's default is longer. */
const balanceMs = 60_000;

interface Session {
  /** The process that has registered; undefined: none, and the broker leads nothing. */
  process: SimProcess | undefined;
  seenAt: number;
}

/** A request of a leader to change who is in sync. */
export interface InSyncChange {
  readonly id: string;
  readonly leaderEpoch: number;
  /** Of the state that the leader knows. */
  readonly version: number;
  readonly inSync: readonly number[];
}

/**
 * The quorum that decides, as an object on a host of its own: it sees who is alive, but takes somebody for dead only after a session
 * has run out, and is heard only where the network reaches.
 */
export class Controller {
  readonly hostName = "controller";
  readonly #world: SimWorld;
  readonly #nodes: readonly BrokerNode[];
  readonly #sessions = new Map<number, Session>();
  readonly #partitions = new Map<string, PartitionState>();
  #version = 0;
  #nextProducerIds = 1_000;
  #balancedAt = 0;
  isStopped = false;

  constructor(world: SimWorld, nodes: readonly BrokerNode[]) {
    this.#world = world;
    this.#nodes = nodes;
    world.host(this.hostName);
    for (const { id } of nodes) this.#sessions.set(id, { process: undefined, seenAt: 0 });
    this.#tick();
  }

  get #network(): SimNetwork {
    return this.#world.network;
  }

  get alive(): readonly number[] {
    return this.#nodes.map(({ id }) => id).filter((id) => this.#sessions.get(id)?.process !== undefined);
  }

  get states(): readonly PartitionState[] {
    return [...this.#partitions.values()];
  }

  /** What is true, whoever knows it already. */
  partition(topic: string, partition: number): PartitionState | undefined {
    return this.#partitions.get(idOf(topic, partition));
  }

  createTopic(topic: string, partitions: number): void {
    const ids = this.#nodes.map(({ id }) => id);
    for (let partition = 0; partition < partitions; partition++) {
      const replicas = ids.map((_, i) => ids[(partition + i) % ids.length] as number);
      const state = { topic, partition, replicas, inSync: replicas, leader: replicas[0] as number, leaderEpoch: 0 };
      this.#partitions.set(idOf(topic, partition), { ...state, version: 0 });
    }
    this.#tell();
  }

  /** A block of producer ids that nobody else has. */
  producerIds(): number {
    this.#nextProducerIds += 1_000;
    return this.#nextProducerIds - 1_000;
  }

  /** False: not with these brokers. For one who does not lead any more, or does not know the last change, nothing is said. */
  changeInSync({ id, leaderEpoch, version, inSync }: InSyncChange): boolean | undefined {
    const state = this.#partitions.get(id);
    if (state === undefined || state.leaderEpoch !== leaderEpoch || state.version !== version) return undefined;
    const { alive } = this;
    if (inSync.some((node) => !state.inSync.includes(node) && !alive.includes(node))) return false;
    this.#change(state, { inSync }, `in sync are ${inSync.join(" ")}`);
    this.#tell();
    return true;
  }

  /** Another replica that is in sync leads, if there is one that is alive. */
  moveLeader(state: PartitionState): void {
    const next = state.inSync.find((node) => node !== state.leader && this.alive.includes(node));
    if (next === undefined) return;
    this.#lead(state, next);
    this.#tell();
  }

  #tick(): void {
    if (this.isStopped) return;
    const { scheduler } = this.#world;
    for (const node of this.#nodes) this.#look(node);
    if (scheduler.now - this.#balancedAt > balanceMs) this.#balance();
    for (const { broker } of this.#nodes)
      if (broker !== undefined && broker.state.version < this.#version) this.#send(broker);
    scheduler.after(tickMs, () => this.#tick());
  }

  #look({ id, broker }: BrokerNode): void {
    const session = this.#sessions.get(id) as Session;
    const { now } = this.#world.scheduler;
    const isSeen = broker?.process.isAwake === true && this.#reaches(broker);
    // A process that was started again has to wait until the session of the one before is over.
    if (isSeen && session.process === broker.process) session.seenAt = now;
    else if (session.process !== undefined && now - session.seenAt > sessionMs) this.#fence(id, session);
    else if (isSeen && session.process === undefined) {
      session.process = broker.process;
      session.seenAt = now;
      this.#world.trace("controller", `broker ${id} is alive`);
      for (const state of this.states) if (state.leader < 0 && state.inSync.includes(id)) this.#lead(state, id);
      this.#tell();
    }
  }

  #fence(id: number, session: Session): void {
    session.process = undefined;
    this.#world.trace("controller", `broker ${id} is dead`);
    const { alive } = this;
    for (const state of this.states) {
      const rest = state.inSync.filter((node) => node !== id);
      // The last one that is in sync stays so: nobody else has everything.
      const inSync = rest.length === 0 ? state.inSync : rest;
      if (state.leader === id) {
        const next = inSync.find((node) => alive.includes(node)) ?? -1;
        this.#lead({ ...state, inSync }, next);
      } else if (inSync.length < state.inSync.length)
        this.#change(state, { inSync }, `in sync are ${inSync.join(" ")}`);
    }
    this.#tell();
  }

  /** Who is the first of a partition's replicas leads it again. */
  #balance(): void {
    this.#balancedAt = this.#world.scheduler.now;
    const { alive } = this;
    const moved = this.states.filter(({ leader, replicas, inSync }) => {
      const [first] = replicas as [number];
      return leader !== first && inSync.includes(first) && alive.includes(first);
    });
    for (const state of moved) this.#lead(state, state.replicas[0] as number);
    if (moved.length > 0) this.#tell();
  }

  #lead(state: PartitionState, leader: number): void {
    const leaderEpoch = state.leaderEpoch + 1;
    this.#change(state, { leader, leaderEpoch, inSync: state.inSync }, `${leader} leads epoch ${leaderEpoch}`);
  }

  #change(state: PartitionState, change: Partial<PartitionState>, what: string): void {
    const id = idOf(state.topic, state.partition);
    this.#partitions.set(id, { ...state, ...change, version: state.version + 1 });
    this.#world.trace("controller", `${id}: ${what}`);
  }

  #tell(): void {
    this.#version++;
    for (const { broker } of this.#nodes) if (broker !== undefined) this.#send(broker);
  }

  #send(broker: Broker): void {
    if (!this.#reaches(broker)) return;
    const state: ClusterState = { version: this.#version, alive: this.alive, partitions: new Map(this.#partitions) };
    this.#network.carry(this.hostName, broker.node.host.name, 0, () =>
      broker.process.deliver(() => broker.learn(state)),
    );
  }

  #reaches({ node }: Broker): boolean {
    const { name } = node.host;
    return this.#network.reaches(this.hostName, name) && this.#network.reaches(name, this.hostName);
  }
}
