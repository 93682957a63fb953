import { murmur2 } from "../../../src/kafka/producer/murmur2.ts";

/** What the controller has decided of a partition; each change is a new object. */
export interface PartitionState {
  readonly topic: string;
  readonly partition: number;
  readonly replicas: readonly number[];
  /** −1: none that may lead is alive. */
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly inSync: readonly number[];
  /** Of this state: grows with each change. */
  readonly version: number;
}

/** All that brokers are told. */
export interface ClusterState {
  readonly version: number;
  readonly alive: readonly number[];
  readonly partitions: ReadonlyMap<string, PartitionState>;
}

/** Kafka's topics for the state of coordinators. */
export const stateTopics = { group: "__consumer_offsets", transaction: "__transaction_state" } as const;
export type CoordinatorKind = keyof typeof stateTopics;
export const statePartitions = 3;

/** Kafka's min.insync.replicas, of all topics. */
export const minInSync = 2;

export const idOf = (topic: string, partition: number): string => `${topic}-${partition}`;

/** The partition that has the state of a group or transactional id. */
export function statePartitionOf(kind: CoordinatorKind, key: string): number {
  // The two topics are led by different brokers: so most keys have two coordinators.
  const shift = kind === "group" ? 1 : 0;
  return ((murmur2(Buffer.from(key)) >>> 1) + shift) % statePartitions;
}
