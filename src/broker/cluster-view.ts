/** A broker as clients are told of it. */
export interface ClusterNode {
  readonly id: number;
  readonly host: string;
  readonly port: number;
}

/** Who has a partition, by the ids of nodes. */
export interface Placement {
  /** −1: nobody, for now. */
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly inSync: readonly number[];
  readonly offline: readonly number[];
}

/** The cluster as one of its brokers knows it. */
export interface ClusterView {
  readonly id: string;
  nodes(): readonly ClusterNode[];
  controller(): number;
  placement(topic: string, partition: number, leaderEpoch: number): Placement;
  /** Undefined: there is none for now. */
  coordinator(kind: "group" | "transaction", key: string): ClusterNode | undefined;
}

/** The id of a broker without others. */
export const nodeId = 1;

/** A cluster of one, which leads and coordinates everything. */
export function oneNode(id: string, host: string, port: number): ClusterView {
  const node = { id: nodeId, host, port };
  return {
    id,
    nodes: () => [node],
    controller: () => nodeId,
    placement: (_topic, _partition, leaderEpoch) => ({
      ...{ leader: nodeId, leaderEpoch, replicas: [nodeId], inSync: [nodeId], offline: [] },
    }),
    coordinator: () => node,
  };
}
